# 出错说明：按代码列出标题与解释，以及字段错误的句子。

problem-bad_request = 无法理解该请求
    .detail = 请检查地址和所发送的内容，然后重试。
problem-not_json = 请求正文不是 JSON
    .detail = 请发送 UTF-8 编码的 JSON 文本。
problem-unauthenticated = 请先登录
    .detail = 此操作需要登录，或提供有效的访问令牌。
problem-sign_in_failed = 登录失败
    .detail = 电子邮箱与密码不匹配。请检查两者，或设置新密码。
problem-forbidden = 您无权执行此操作
    .detail = 您的角色不允许此操作。如认为有误，请联系本单位的主管。
problem-forged_form = 此表单已失效
    .detail = 该表单并非由本浏览器从我们这里获得的页面提交，或获得时间过久。未作任何更改。请返回、刷新页面后重新提交。
problem-not_found = 未找到页面
    .detail = 此地址没有内容，或您无权查看。请检查地址。
problem-method_not_allowed = 不支持此请求方法
    .detail = 响应头 Allow 列出了可用的方法。
problem-not_acceptable = 没有可接受的响应格式
    .detail = 无法以请求所接受的格式作答。
problem-request_timeout = 请求超时
    .detail = 请求未能及时到达，请重新发送。
problem-action_not_allowed = 当前状态下无法执行
    .detail = 该申请的当前状态不允许此步骤。可执行的操作列于申请中。
problem-claimed_by_another = 此案件由其他审核人员处理
    .detail = 该案件已被他人认领。主管可将其分配给您。
problem-blocking_finding = 存在阻断性问题
    .detail = 请先处理本阶段的阻断性问题。
problem-batch_full = 名额已满
    .detail = 该批次或其某项限额已满，且不设候补名单。
problem-batch_not_open = 该批次目前不接受申请
    .detail = 请查看该批次的受理日期。
problem-batch_state = 该批次当前无法执行此操作
    .detail = 批次的当前状态不允许此操作。
problem-capacity_below_use = 名额少于已占用数
    .detail = 新的数量低于已保留和已占用的名额。
problem-ballot_not_drawn = 名额尚未抽签
    .detail = 批次关闭时抽签。种子的承诺值已随批次公布。
problem-duplicate_case = 该旅行证件已有申请
    .detail = 在同一计划中，一本旅行证件只能有一份进行中的申请。
problem-not_editable = 申请目前无法修改
    .detail = 仅可在草稿状态或要求补充材料期间修改。
problem-finding_resolved = 该问题已处理
    .detail = 已有人处理。请刷新页面。
problem-journey_over = 此行已无法进行
    .detail = 离开日期、旅行期限或护照有效期已过。请向申请人索取新的日期，或拒绝申请。
problem-already_entered = 旅行者已入境
    .detail = 首次入境后不能再执行此操作。
problem-already_exists = 已存在
    .detail = 该代码、名称或地址已被使用。请另选。
problem-idempotency_key_reused = 此幂等键已用于另一个请求
    .detail = 一个键只对应一个请求。新的请求请使用新的键。
problem-idempotency_key_in_use = 使用此键的第一个请求仍在处理
    .detail = 请稍候，然后再次发送相同的请求。
problem-idempotency_answer_unreadable = 无法读取已保存的答复
    .detail = 该请求此前已得到答复，但已保存的答复无法读取：它由另一版本的服务保存，或者服务已没有其加密密钥。本次未执行任何操作。请查看当前状态，新的请求请使用新的 Idempotency-Key。
problem-link_unusable = 此链接无法使用
    .detail = 链接已被使用或已过期。请重新获取。
problem-document_lost = 此文件已丢失
    .detail = 存储中的文件缺失或损坏，因此无法发送。运维人员已收到通知。如果申请仍可修改，请重新上传；否则请向对方索取。
problem-version_conflict = 内容已被他人更改
    .detail = 自您查看后内容已更改。请查看新版本后重新决定。
problem-too_large = 内容过大
    .detail = 发送的内容超过允许的大小。
upload-too-large = 单个文件不得超过 { $megabytes } MB。请压缩或拆分文件。
problem-unsupported_media_type = 不支持此类型
    .detail = 请求头 Content-Type 所示类型不被接受。
problem-invalid = 部分内容需要更正
    .detail = 已逐一列出需要更正的字段及原因。未作任何更改。
problem-unknown_field = 存在未知字段
    .detail = 发送了无法识别的字段。请检查拼写。未作任何更改。
problem-version_required = 缺少版本
    .detail = 请在请求头 If-Match 中发送您所见的版本（即 ETag 的值）。
problem-too_many_attempts = 尝试次数过多
    .detail = 请稍候再试。
problem-limit_reached = 已达到每日上限
    .detail = 您在 24 小时内的用量已达上限。请稍后再试。
limit-reached-drafts = 您在 24 小时内已新建 { $most } 份申请，已达到个人上限。最迟 { $hours } 小时后可以再新建。未作任何更改。
limit-reached-program_drafts = 贵单位的程序在 24 小时内已新建 { $most } 份申请，已达到上限。最迟 { $hours } 小时后可以再新建。运维人员可以提高上限。未作任何更改。
limit-reached-documents = 您在 24 小时内已上传 { $most } 份文件，已达到个人上限。最迟 { $hours } 小时后可以再上传。此文件未添加。
limit-reached-bytes = 24 小时内最多可上传 { $most } MB 文件，加上此文件将超出上限。最迟 { $hours } 小时后可以上传。此文件未添加。
problem-internal = 服务出现故障
    .detail = 这是我们的问题，已记录在日志中。未作任何更改。如再次发生，请将下方编号告知支持人员。
problem-cannot_decrypt = 暂时无法读取此记录
    .detail = 服务缺少读取此记录所需的密钥。未作任何更改。运维人员可以在日志中看到缺少哪个密钥。
problem-busy = 同时请求过多
    .detail = 服务目前收到的数据超过其承受能力。未作任何更改。请几秒钟后重新发送。
problem-unavailable = 服务暂时不可用
    .detail = 服务目前无法使用数据库或文件。请几秒钟后重试。如果您刚才正在保存或提交内容，目前无法确定是否已完成，请先查看您的申请。
    .for-programs = 请使用相同的 Idempotency-Key 重新发送请求，请求只会执行一次。

problem-not_json-at = 第 { $line } 行第 { $column } 列起不是有效的 JSON。
problem-not_json-too-deep = 嵌套超过 { $most } 层，不予接受。
problem-too_large-parts = 请求中的对象和列表超过 { $most } 个的上限。请分次发送。
problem-too_large-body = 除文件外，一次请求最多 { $megabytes } MB。请减少一次发送的内容。
problem-request_timeout-limits = 传输中断超过 { $seconds } 秒，或速度低于每秒 { $kilobytes } KB。请重新发送；使用较小的文件或更好的网络连接会有帮助。
problem-more-faults = 另有 { $count } 处错误未列出。
problem-request-id = 本次请求编号：

forbidden-scope = 访问令牌缺少所需的权限范围。
forbidden-role = 您的角色均不允许此操作。
forbidden-no_organisation = 您的账户不属于任何单位，而您的角色需要所属单位。请联系管理员。
forbidden-not_your_stage = 该案件处于其他主管部门的审核阶段。
forbidden-four_eyes = 您已在此案件的前一阶段表示同意，本阶段须由其他审核人员处理。
forbidden-own_case = 这是您本人的案件。
forbidden-own_account = 这是您自己的账户。请联系其他管理员。
forbidden-own_sponsor = 这是您所在单位的案件。
forbidden-not_your_territory = 它属于您所在单位以外的地区或计划。

field-error-unknown_field = 没有此字段，请检查拼写。
field-error-wrong_type =
    { $expected ->
        [text] 必须是文本。
        [boolean] 必须是 true 或 false。
        [number] 必须是整数。
        [list] 必须是列表。
        [object] 必须是对象。
       *[other] 类型不正确。
    }
field-error-required = 请填写此项。
field-error-unknown_time_zone = 请填写 IANA 数据库中的时区，例如 Asia/Almaty。
field-error-unknown_code = 请使用以下之一：{ $known }。
field-error-unknown_organisation = 没有此机构。
field-error-unknown_programme = 没有此项目。
field-error-not_an_assignee = 请填写“me”、“none”或官员账户的 id。
field-error-not_an_id = 这不是 id。请完整复制：36 个字符，例如 01939b2e-5d3c-7a41-9d0e-0c5b1c6b7a10。
field-error-not_a_direction = 方向由项目的两个不同地区以连字符相连，例如 CN-KZ。
field-error-malformed = 格式不正确。
field-error-too_long = 最多 { $most } 个字符。
field-error-too_many = 最多 { $most } 项。
field-error-too_many_attempts = 输入错误密码的次数过多。请等待 { $minutes } 分钟，或通过“忘记密码”邮件中的链接设置新密码。
too-many-secrets = 您所在网络发送此客户端错误密钥的次数过多。请等待 { $minutes } 分钟，并检查密钥。
too-many-mails = 您所在网络请求发送链接邮件的次数过多。请等待 { $minutes } 分钟后再请求。
field-error-too_many_files = 文件数量已达上限，请先删除一个。
field-error-case_storage_full = 此申请累计上传（含已删除的文件）已达 { $megabytes } MB 的上限。如需提交更多材料，请联系主管机关。
field-error-out_of_range = 请输入 { $least } 到 { $most } 之间的数字。
field-error-unprintable = 请删除不可见字符。
field-error-one_line = 请写在一行内。
field-error-not_a_name = 请填写姓名或名称，不要包含网址或邮箱地址。
field-error-not_a_code = 请使用 2 至 60 个小写字母、数字和连字符，例如 cn-mofcom。
field-error-used_twice = 重复出现，请删除一个。
field-error-unknown_country = 请填写两位字母的国家代码（ISO 3166-1），例如 CN 或 KZ。
field-error-unknown_batch = 没有受理申请的此批次。
field-error-unknown_sponsor = 没有此担保单位。
field-error-sponsor_not_accepted = 该担保单位尚未同意担保您的申请。请等待其答复、填写其他担保单位，或将此项留空。
field-error-not_your_sponsor = 您只能为本单位提交申请。
field-error-unknown_finding = 没有此项问题。
field-error-not_an_officer_here = 此人不是本阶段主管部门的审核人员。
field-error-role_needs_organisation =
    { $kind ->
        [authority] 此角色须属于主管部门。
        [sponsor] 此角色须属于担保单位。
        [verifier] 此角色须属于查验单位。
       *[other] 此角色须属于其他单位，或不属于任何单位。
    }
field-error-not_an_email = 请输入电子邮箱地址，例如 name@example.org：@ 前面是拉丁字母和数字，@ 后面是域名。
field-error-not_a_phone = 请输入带国家代码的电话号码，例如 +86 138 0000 0000。
field-error-not_a_date = 请输入有效日期，格式为年-月-日：2026-03-05。
field-error-not_an_instant = 请输入带时区的日期和时间，例如 2026-03-05T14:30:00Z。
field-error-impossible_date = 该日期不可能正确，请检查。
field-error-before_start = 结束日期早于开始日期，请检查。
field-error-in_the_past = 该日期已过，请输入较晚的日期。
field-error-too_late = 该日期过晚，请输入较早的日期。
field-error-outside_travel_window = 行程须在本批次的出行期 { $from } 至 { $until } 之内。
field-error-outside_journey = 该日期不在行程日期之内。
field-error-stay_too_long = 停留最多 { $days } 天。
field-error-too_young = 旅行者须年满 { $years } 周岁。
field-error-direction_mismatch = 此方向要求旅行者为该国国民或居民：{ $country }。
field-error-passport_expires_too_soon = 旅行证件须在行程结束后至少有效 { $months } 个月，即至少至 { $date }。
field-error-not_a_document_number = 请按证件所示填写号码：字母和数字。
field-error-not_an_mrz = 请输入护照资料页底部的两行，每行 44 个字符。
field-error-check_digit = 校验位不符，请与证件逐字核对。
field-error-evidence_missing = 缺少必需材料，请上传：{ $kind }。
field-error-must_be_declared = 必须作出此项声明，否则无法提交。
field-error-fixed_after_submission = 提交后不可更改。
field-error-wrong_password = 当前密码不正确。
field-error-already_in_use = 已被使用，请更换。
field-error-password_too_short = 请至少使用 { $least } 个字符。
field-error-password_too_common = 此密码容易被猜到。请另选，例如四个互不相关的词。
field-error-not_an_idempotency_key = 请发送一个键，由 1 至 { $most } 个可见 ASCII 字符组成，不含空格。
field-error-not_a_cursor = 此游标不是由我们提供的。请从第一页开始。
field-error-empty_file = 文件为空，请选择其他文件。
field-error-not_a_paper = 这不是PDF、JPEG或PNG文件。请选择其他文件，或另存为上述格式。
field-error-below_use = 已保留和占用的名额更多，请输入更大的数。
field-error-fixed_while_waiting = 已有申请按此顺序候补，候补名单清空后才能更改。
field-error-fixed_after_opening = 抽签须在批次开放前承诺，是否抽签不可再更改。
field-error-ballot_needs_line = 抽签分配名额需要候补名单：抽签前所有申请均在候补。
