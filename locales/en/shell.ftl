# The frame around every page.

service-name = Corridor
page-title = { $title } – Corridor
page-title-error = Error: { $title } – Corridor
skip-to-content = Skip to the content
nav-main = Main
nav-language = Language
nav-applications = Applications
nav-sponsorships = Requests to sponsor
nav-queue = Queue
nav-batches = Batches
nav-jobs = Jobs
nav-journal = Journal
nav-sign-in = Sign in
nav-sign-up = Create an account
nav-sign-out = Sign out
error-summary-title = There is a problem
start-title = Travel for work that cannot wait
start-lead = Two countries agree to let key experts and business staff resume work across their border.
