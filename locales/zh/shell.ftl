# The frame around every page.

service-name = Corridor
page-title = { $title } – Corridor
page-title-error = 错误：{ $title } – Corridor
skip-to-content = 跳至正文
nav-main = 主导航
nav-language = 语言
nav-applications = 申请
nav-sponsorships = 担保请求
nav-queue = 待办队列
nav-batches = 批次
nav-jobs = 后台任务
nav-journal = 变更日志
nav-sign-in = 登录
nav-sign-up = 注册账户
nav-sign-out = 退出
error-summary-title = 存在问题
start-title = 为不能等待的工作出行
start-lead = 两国商定，让重要专家和商务人员恢复跨境工作往来。
