# 邮件通知

mail-greeting = 尊敬的 { $name }：
mail-greeting-nobody = 您好：
mail-footer = 本邮件由系统自动发送，请勿回复。切勿通过电子邮件发送护照号码或密码。
mail-fact-reference = 申请编号
mail-fact-when = 时间
mail-fact-programme = 项目
mail-fact-batch = 批次
mail-fact-number = 许可编号
mail-fact-validity = 有效期
mail-fact-document = 旅行证件
mail-fact-authority = 主管部门
mail-fact-address = 部门地址
mail-validity = { $from }至{ $until }
mail-questions = 主管部门的问题
mail-grounds = 理由
mail-words = 主管部门的说明
mail-conditions = 入境条件
mail-order-first-come = 名额按提交先后分配。
mail-order-ranked = 名额按类别和项目优先级的积分分配，同分按提交先后。
mail-order-ballot = 名额按抽签顺序分配，任何人都可以核验抽签结果。

mail-confirm-address-subject = 请确认您的电子邮箱
mail-confirm-address-what = 有人（应是您本人）用此邮箱注册了账户。请打开下面的页面确认邮箱并设置密码。
mail-confirm-address-next = 链接仅可使用一次，有效至{ $until }。如非您本人操作，请忽略：没有此链接，账户无法使用。
mail-confirm-address-button = 确认并设置密码

mail-reset-password-subject = 设置新密码
mail-reset-password-what = 有人（应是您本人）为此邮箱申请了新密码，或试图再次注册。请打开下面的页面设置新密码。
mail-reset-password-next = 链接仅可使用一次，有效至{ $until }。如非您本人操作，请忽略：密码保持不变。
mail-reset-password-button = 设置新密码

mail-password-changed-subject = 您的密码已更改
mail-password-changed-what = 您账户的密码已于{ $at }更改。此前的所有会话均已结束。
mail-password-changed-next = 如为您本人操作，无需处理。如非您本人操作，请立即打开下面的页面设置新密码，更改密码的人将随即退出登录。如果他人可能读取您的邮件，请先更改邮箱密码。
mail-password-changed-button = 设置新密码
mail-sponsorship-requested-subject = 有申请将贵单位填为担保单位
mail-sponsorship-requested-what = 有 { $requests } 份申请将 { $sponsor } 填为担保单位，正等待您的答复。
mail-sponsorship-requested-next = 请仅同意贵单位派遣或接待的人员：每个名额都计入贵单位的限额。此类邮件每天最多发送一次。
mail-sponsorship-requested-button = 查看请求

mail-sponsorship-accepted-subject = 担保单位已同意：申请 { $reference }
mail-sponsorship-accepted-what = { $sponsor } 已同意担保您的申请，并可查看和修改该申请。
mail-sponsorship-accepted-next = 下一步：请填完表格并提交申请。
mail-sponsorship-accepted-button = 前往申请

mail-sponsorship-declined-subject = 担保单位已拒绝：申请 { $reference }
mail-sponsorship-declined-what = { $sponsor } 拒绝担保您的申请。
mail-sponsorship-declined-next = 下一步：请填写其他担保单位，或将此项留空。申请的其他内容保持不变。
mail-sponsorship-declined-button = 前往申请

mail-received-subject = 已收到：申请 { $reference }
mail-received-what = 您的申请已收到，{ $authority }正在审查。
mail-received-next = 接下来：主管部门计划于{ $until }前完成本阶段。您现在无需操作，每次变化我们都会通知您。
mail-received-button = 查看进度

mail-information-requested-subject = 需要补充信息：申请 { $reference }
mail-information-requested-what = { $authority }需要更多信息才能继续审查您的申请。
mail-information-requested-next = 请于{ $until }前答复，在此之前您可以修改表格和材料。逾期未答复，申请将失效。
mail-information-requested-button = 答复

mail-waitlisted-subject = 已列入候补：申请 { $reference }
mail-waitlisted-what = { $batch }目前没有空余名额，您的申请正在等候。
mail-waitlisted-line = 您在候补中的位置是第 { $place } 位。{ $order }
mail-waitlisted-what-draw = { $batch }的名额由抽签决定，您的申请参加抽签。
mail-waitlisted-draw = 批次停止接受申请时进行抽签。在此之前无人获得名额，也没有排队次序。
mail-waitlisted-next = 如有名额空出，您的申请将自动继续，我们会通知您。如至{ $until }仍无名额，申请将失效。
mail-waitlisted-button = 查看进度

mail-approved-subject = 已批准：申请 { $reference }
mail-approved-what = 您的申请已获批准，出行许可已签发。
mail-approved-passport = 本许可与上述旅行证件绑定。如更换护照，须重新申请。
mail-approved-border = 边检可能要求您出示材料。本许可不等于入境权利，由边检人员决定是否准许入境。
mail-approved-next = 请打印或保存许可页面，并在有效期内出行。如不出行，请退回许可，以便他人使用名额。
mail-approved-button = 查看许可

mail-refused-subject = 已拒绝：申请 { $reference }
mail-refused-what = { $authority }拒绝了您的申请。
mail-refused-next = 您可在{ $until }前按上述地址向主管部门书面申诉，并注明申请编号。
mail-refused-button = 查看决定

mail-withdrawn-subject = 已撤回：申请 { $reference }
mail-withdrawn-what = 您的申请已按要求撤回，其名额可供他人使用。
mail-withdrawn-next = 您无需操作。批次开放期间可以重新申请。
mail-withdrawn-button = 查看申请

mail-revoked-subject = 已撤销：申请 { $reference } 的许可
mail-revoked-what = { $authority }撤销了您的出行许可，您不能再凭此出行。
mail-revoked-next = 您可在{ $until }前按上述地址向主管部门书面申诉，并注明申请编号。
mail-revoked-button = 查看决定

mail-journey-ending-subject = 行程即将到期：申请 { $reference }
mail-journey-ending-what = 您的申请尚未作出决定，而您计划离开的日期已临近。
mail-journey-ending-next = 如在 { $until } 前（含当日）仍未作出决定，申请将自动终止。如需日后出行，请撤回本申请，并在批次开放期间以新的日期重新申请。
mail-journey-ending-button = 查看申请

mail-lapsed-subject = 已失效：申请 { $reference }
mail-lapsed-what = 因逾期或期限届满，您的申请已终止。
mail-lapsed-next = 您无需操作。如仍需出行，请在批次开放期间重新申请。
mail-lapsed-button = 查看申请
