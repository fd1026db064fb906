# The pages of applicants and sponsors, and the public start page.

form-optional = (optional)
form-continue = Continue
form-save = Save
form-save-and-add = Save and add another
form-save-hint = You can leave fields empty and come back later.
form-cancel = Back without saving
applicant-list = Applications
applicant-new = New application
applicant-search = Name, reference or passport number
applicant-search-button = Search
applicant-none = No applications yet
applicant-none-found = Nothing found
applicant-none-text = An application takes about twenty minutes. Have your passport and papers ready; you can stop at any time and come back.
applicant-nameless = Name not given yet
applicant-updated = Changed on { $when }
applicant-first-page = First page
applicant-back-to = Application { $reference }
applicant-choose-batch = Which batch are you applying for?
applicant-other-batch = Choose another batch
applicant-travel-window = For journeys between { $from } and { $until }
applicant-batch-full = All places of this batch are in use now. You can apply; approved applications wait in line for a place.

# The tasks of a draft.
tasks-title = What to fill in
tasks-done = { $done } of { $all } done
tasks-hint = In any order. Everything is kept until you submit it.
task-done = Done
task-begun = To be completed or corrected
task-to-do = To do
section-applicant-lead = As it stands in the passport.
section-travel_document-lead = The authorization will be tied to this passport. If you get another one, you need a new application.
section-employment-lead = Who sends you, and who expects you.
section-journey-lead = When you travel, where to and what for.
section-health-lead = Answer every statement. A “yes” to symptoms or contacts does not end the application; the health authority looks at it.
hint-applicant-native_name = For example 李娜 or Әлия Серікқызы.
hint-applicant-email = Messages about this application go there.
hint-applicant-phone = With the country’s code, such as +86 138 0000 0000.
hint-travel_document-number = Letters and digits, as on the page with the photograph.
hint-travel_document-mrz = The two lines of letters, digits and < at the bottom of the page with the photograph. They help us find typing errors.
hint-employment-host = The enterprise or institution that you visit.
hint-employment-project = Its name, and its number if it has one.
hint-employment-project_priority = Only if the project is one of these. The authorities check it.
hint-employment-sponsor = The code of your employer or host, if it is registered here. It must accept your application before you can submit it.
hint-journey-purpose = What you will do there, and why it must be done on the spot.
hint-journey-port_of_entry = Airport or border crossing, such as Almaty airport or Khorgos.
hint-journey-itinerary = Where you stay, if it is more than one place.
hint-health-proofs = Tests and vaccinations that you can show.

# Papers.
papers-lead = PDF, JPEG or PNG, at most 10 MB each. Photographs are fine if everything can be read.
papers-needed = Needed
papers-optional = If you have it
papers-choose = Choose a file
papers-choose-more = Add another file
papers-upload = Upload
papers-remove = Remove

# Checking and handing in.
check-title = Check and submit
check-change = Change
check-lacking = Complete or correct this before you submit
check-paper-missing = Upload: { $kind }
check-declaration-missing = Answer yes or no: { $text }
check-field = { $field }: { $message }
check-before-submit = By submitting you confirm that everything is true and complete. You can change it afterwards only if an authority asks.
check-submit = Submit the application

# Where a case stands.
next-title = What happens next
next-in_review = { $authority } is reviewing the application and plans to finish this stage by { $until }. You need to do nothing; we write to you at each change.
next-information_requested = { $authority } needs an answer by { $until }. Until then you can change the form and the papers. Without an answer the application lapses.
next-waitlisted = All places are in use. Your place in the line is { $place }. When a place comes free, the application goes on by itself and we write to you. If none does by { $until }, it lapses.
next-waitlisted-draw = The places of this batch are drawn by lot when it closes for applications. Your application takes part. When it gets a place, it goes on by itself and we write to you. If it gets none by { $until }, it lapses.
next-ballot-commitment = The draw was fixed in advance, so that nobody can influence it: the SHA-256 of its seed is { $commitment }.
next-approved = You can travel within the validity below. Save or print this page and take the papers along. If you do not travel, give the authorization back, so that somebody else can have the place.
next-refused = The application was refused. The history below gives the grounds.
next-revoked = The authorization was revoked; you can no longer travel on it. The history below gives the grounds.
next-appeal = You can appeal in writing until { $until } to: { $authority }, { $address }. Name the reference.
next-withdrawn = The application was withdrawn. You need to do nothing. You can apply again while a batch is open.
next-lapsed = The application ended because a deadline passed or its time was over. If you still have to travel, apply again while a batch is open.
next-expired = The authorization’s validity is over and it was not used.
next-completed = The journey is over. Nothing is left to do.
authorization-title = Travel authorization
authorization-validity = Valid
authorization-passport = Tied to passport
questions-title = Answer the authority
questions-hint = First change the form and the papers where that is needed, then send the answer.
history-title = History
application-title = What was submitted
withdraw-text = The application ends, and a place that it has goes to somebody else. This cannot be undone.
surrender-text = The authorization ends, and its place goes to somebody else. This cannot be undone.
withdraw-message = Why
done-submit = The application is submitted. We have sent you a message.
done-respond = The answer is sent. The review goes on.
done-withdraw = The application is withdrawn.
done-surrender = The authorization is given back. Thank you: somebody else can have the place.
done-accept_sponsorship = You have accepted the application. It is in your list now.
done-decline_sponsorship = You have declined the application. We have told the applicant.

# Requests to sponsor.
sponsorships-title = Requests to sponsor
sponsorships-text = These people name your organisation as their sponsor. If you accept, you can read and change the application, and its place counts for your organisation’s limit. Until then you see only the name and the reference.
sponsorships-none = No open requests
sponsorships-none-text = We send your representatives an e-mail when somebody names your organisation.
sponsorship-requested = { $sponsor } has not accepted your application yet. We have asked its representatives. You can submit when they have accepted, or remove the sponsor from the form.
sponsorship-declined = { $sponsor } has declined to sponsor your application. Name another sponsor, or remove the sponsor from the form.

# The public start page.
start-no-batch = No batch is open now
start-no-batch-text = When the next one opens, it is listed here.
start-apply = Apply
start-closes = Applications until { $when }
start-left = { $free } of { $capacity } places left
start-waiting = { $count } waiting
start-how = How it works
start-step-apply = Apply on the web: fill in the form, add the papers. You can stop and come back.
start-step-review = The authorities of both sides review it. We write to you at each change.
start-step-travel = Approved? You get a travel authorization with a number that the border can check.
