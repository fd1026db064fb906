# 各页面共用的词语。

# 申请状态。
state-draft = 草稿
state-in_review = 审查中
state-information_requested = 需补充信息
state-waitlisted = 候补
state-approved = 已批准
state-refused = 已拒绝
state-withdrawn = 已撤回
state-lapsed = 已失效
state-revoked = 已撤销
state-expired = 已过期
state-completed = 已完成

# 操作按钮。
action-submit = 提交
action-claim = 领取
action-unclaim = 退回
action-assign = 指派
action-endorse = 同意
action-request_information = 要求补充信息
action-respond = 提交答复
action-resolve_finding = 处理提示
action-note = 添加内部备注
action-refuse = 拒绝
action-withdraw = 撤回申请
action-surrender = 退回许可
action-revoke = 撤销
action-view_document = 显示完整号码
action-erase = 删除个人数据
action-record_entry = 登记入境
action-edit = 修改
action-add_evidence = 添加材料
action-remove_evidence = 删除

# 历史记录。
event-create = 已创建
event-edit = 表格已修改
event-add_evidence = 已添加材料
event-remove_evidence = 已删除材料
event-submit = 已提交
event-claim = 已领取
event-unclaim = 已退回
event-assign = 已指派
event-endorse = 已同意
event-request_information = 已要求补充信息
event-respond = 已答复
event-resolve_finding = 提示已处理
event-note = 已添加内部备注
event-refuse = 已拒绝
event-withdraw = 已撤回
event-surrender = 许可已退回
event-revoke = 许可已撤销
event-record_entry = 已入境
event-promote = 有名额空出
event-lapse = 已失效
event-expire = 已过期
event-complete = 已完成
event-suspend = 许可已暂停
event-reinstate = 许可已恢复
event-appeal = 已申诉
event-view_document = 已查看证件号码
event-view_evidence = 已查看材料
event-erase = 个人数据已删除

# 提示。
severity-info = 供参考
severity-warning = 警告
severity-blocking = 阻止审批
finding-duplicate_case = 同一旅行证件另有一份申请。
finding-earlier_refusal = 该旅行证件此前的申请曾被拒绝或撤销。
finding-passport_expires_soon = 护照在行程结束后不久到期。
finding-declaration_answered = 健康申报的回答需要审查。
finding-evidence_missing = 缺少必需的材料。
finding-mrz_mismatch = 机读码与表格不一致。

# 批次。
batch-state-planned = 计划中
batch-state-open = 开放
batch-state-closed = 已关闭
batch-state-ended = 已结束
dimension-direction = 方向
dimension-category = 类别
dimension-sponsor = 担保单位
place-capacity = 名额
place-taken = 已占用
place-held = 已保留
place-free = 空余
direction-words = { $from }前往{ $to }

# 表格栏目。
section-applicant = 出行人
section-travel_document = 护照
section-employment = 工作
section-journey = 行程
section-health = 健康与声明
section-evidence = 材料
field-batch = 批次
field-direction = 方向
field-category = 类别
field-applicant-family_name = 姓
field-applicant-given_names = 名
field-applicant-native_name = 本国文字姓名
field-applicant-birth_date = 出生日期
field-applicant-sex = 性别
field-applicant-nationality = 国籍
field-applicant-residence = 居住国
field-applicant-email = 电子邮箱
field-applicant-phone = 电话
field-travel_document-type = 类型
field-travel_document-number = 护照号码
field-travel_document-issuer = 签发国
field-travel_document-issued_on = 签发日期
field-travel_document-expires_on = 有效期至
field-travel_document-mrz = 机读码
field-employment-employer = 雇主
field-employment-position = 职务
field-employment-host = 接待方
field-employment-project = 项目
field-employment-project_priority = 项目优先级
field-employment-sponsor = 担保单位
field-journey-purpose = 出行目的
field-journey-arrive_on = 抵达日期
field-journey-leave_on = 离开日期
field-journey-port_of_entry = 入境口岸
field-journey-itinerary = 行程安排
field-journey-itinerary-from = 自
field-journey-itinerary-to = 至
field-journey-itinerary-place = 地点
field-health-declarations = 声明
field-health-proofs = 健康证明
field-health-proofs-kind = 类型
field-health-proofs-issuer = 签发机构
field-health-proofs-issued_on = 签发日期
field-health-proofs-valid_until = 有效期至
field-health-proofs-number = 编号
field-grounds = 理由
field-message = 说明
field-note = 备注
field-questions = 问题
field-answers = 答复
field-respond_by = 答复截止
field-file = 文件
field-assignee = 经办人
sex-F = 女
sex-M = 男
sex-X = 未注明
answer-yes = 是
answer-no = 否

# 许可。
authorization-number = 编号
authorization-state-valid = 有效
authorization-state-suspended = 已暂停
authorization-state-revoked = 已撤销
authorization-state-expired = 已过期
authorization-state-used = 已使用
