# The demo.

demo-note = This is a demo: all people and cases are made up.
demo-mail = Messages
demo-mail-lead = What would have been sent, the newest first.
