# 演示。

demo-note = 这是演示：所有人员和申请均为虚构。
demo-mail = 邮件
demo-mail-lead = 本应发送的邮件，最新在前。
