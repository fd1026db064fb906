# 申请人和担保单位页面及首页。

form-optional = （选填）
form-continue = 继续
form-save = 保存
form-save-and-add = 保存并再添加一项
form-save-hint = 可以先留空，稍后再填。
form-cancel = 不保存返回
applicant-list = 我的申请
applicant-new = 新申请
applicant-search = 姓名、申请编号或护照号码
applicant-search-button = 搜索
applicant-none = 还没有申请
applicant-none-found = 没有找到
applicant-none-text = 填写一份申请约需二十分钟。请准备好护照和材料；可随时暂停并返回。
applicant-nameless = 尚未填写姓名
applicant-updated = 更新于{ $when }
applicant-first-page = 首页
applicant-back-to = 申请 { $reference }
applicant-choose-batch = 您要申请哪个批次？
applicant-other-batch = 选择其他批次
applicant-travel-window = 出行期：{ $from }至{ $until }
applicant-batch-full = 本批次名额目前已满。您仍可申请，获批的申请将候补等待名额。

# 草稿的待办事项。
tasks-title = 填写内容
tasks-done = 已完成 { $done }/{ $all }
tasks-hint = 顺序不限。提交前内容会一直保存。
task-done = 已完成
task-begun = 待补充或更正
task-to-do = 待填写
section-applicant-lead = 请按护照填写。
section-travel_document-lead = 许可将与此护照绑定。更换护照须重新申请。
section-employment-lead = 派出单位和接待单位。
section-journey-lead = 何时、去哪里、做什么。
section-health-lead = 请逐项回答。对症状或接触史回答“是”不会导致申请终止，由卫生部门审查。
hint-applicant-native_name = 例如：李娜。
hint-applicant-email = 有关本申请的消息将发送到此邮箱。
hint-applicant-phone = 含国家代码，如 +86 138 0000 0000。
hint-travel_document-number = 照片页上的字母和数字。
hint-travel_document-mrz = 照片页底部由字母、数字和<组成的两行，可帮助发现填写错误。
hint-employment-host = 您前往的企业或机构。
hint-employment-project = 项目名称及编号（如有）。
hint-employment-project_priority = 仅当项目属于其中之一时选择。主管部门会核实。
hint-employment-sponsor = 如雇主或接待方已在此注册，请填写其代码。须经其同意后您方可提交申请。
hint-journey-purpose = 您将在当地做什么，为何必须到现场。
hint-journey-port_of_entry = 机场或边境口岸，如阿拉木图机场或霍尔果斯。
hint-journey-itinerary = 如前往多个地点，请分别填写。
hint-health-proofs = 可出示的检测和接种证明。

# 材料。
papers-lead = PDF、JPEG或PNG，每个文件不超过10 MB。清晰可读的照片也可以。
papers-needed = 必需
papers-optional = 如有
papers-choose = 选择文件
papers-choose-more = 添加其他文件
papers-upload = 上传
papers-remove = 删除

# 核对与提交。
check-title = 核对并提交
check-change = 修改
check-lacking = 提交前请补充或更正
check-paper-missing = 请上传：{ $kind }
check-declaration-missing = 请回答“是”或“否”：{ $text }
check-field = { $field }：{ $message }
check-before-submit = 提交即表示您确认所填内容真实完整。提交后，仅在主管部门要求时才能修改。
check-submit = 提交申请

# 申请进度。
next-title = 接下来
next-in_review = { $authority }正在审查申请，计划于{ $until }前完成本阶段。您无需操作，每次变化我们都会通知您。
next-information_requested = { $authority }需要您在{ $until }前答复。在此之前可修改表格和材料。逾期未答复，申请将失效。
next-waitlisted = 名额已满。您在候补中的位置是第 { $place } 位。有名额空出时，申请将自动继续，我们会通知您。如至{ $until }仍无名额，申请将失效。
next-waitlisted-draw = 本批次停止接受申请时抽签分配名额，您的申请参加抽签。获得名额后申请自动继续，我们会通知您。如到{ $until }仍未获得名额，申请失效。
next-ballot-commitment = 为防止任何人操纵，抽签已事先确定：其种子的SHA-256为{ $commitment }。
next-approved = 您可在以下有效期内出行。请保存或打印本页，并随身携带材料。如不出行，请退回许可，以便他人使用名额。
next-refused = 申请已被拒绝，理由见下方历史记录。
next-revoked = 许可已被撤销，不能再凭此出行。理由见下方历史记录。
next-appeal = 您可在{ $until }前书面申诉：{ $authority }，{ $address }。请注明申请编号。
next-withdrawn = 申请已撤回，您无需操作。批次开放期间可以重新申请。
next-lapsed = 因逾期或期限届满，申请已终止。如仍需出行，请在批次开放期间重新申请。
next-expired = 许可已过期且未使用。
next-completed = 行程已结束，无需再操作。
authorization-title = 出行许可
authorization-validity = 有效期
authorization-passport = 绑定护照
questions-title = 答复主管部门
questions-hint = 如有需要，请先修改表格和材料，再提交答复。
history-title = 历史记录
application-title = 提交的内容
withdraw-text = 申请将终止，其名额将给予他人。此操作不可恢复。
surrender-text = 许可将终止，其名额将给予他人。此操作不可恢复。
withdraw-message = 原因
done-submit = 申请已提交，我们已向您发送邮件。
done-respond = 答复已提交，审查继续。
done-withdraw = 申请已撤回。
done-surrender = 许可已退回。谢谢您，名额可供他人使用。
done-accept_sponsorship = 您已同意担保，该申请已列入您的申请列表。
done-decline_sponsorship = 您已拒绝担保，我们已通知申请人。

# 担保请求。
sponsorships-title = 担保请求
sponsorships-text = 以下人员将贵单位填为担保单位。同意后，贵单位可查看和修改申请，其名额计入贵单位的限额。在此之前，您只能看到姓名和编号。
sponsorships-none = 没有待答复的请求
sponsorships-none-text = 如有人填写贵单位，我们会向贵单位代表发送邮件。
sponsorship-requested = { $sponsor } 尚未同意担保您的申请。我们已通知其代表。待其同意后您方可提交，或在表格中删除担保单位。
sponsorship-declined = { $sponsor } 拒绝担保您的申请。请填写其他担保单位，或在表格中删除担保单位。

# 首页。
start-no-batch = 目前没有开放的批次
start-no-batch-text = 下一批次开放后会显示在这里。
start-apply = 申请
start-closes = 申请截止：{ $when }
start-left = 剩余名额 { $free }/{ $capacity }
start-waiting = 候补 { $count } 人
start-how = 办理流程
start-step-apply = 在线申请：填写表格并上传材料，可随时暂停并返回。
start-step-review = 双方主管部门审查，每次变化我们都会邮件通知您。
start-step-travel = 获批后，您将获得带编号的出行许可，边检可以核验。
