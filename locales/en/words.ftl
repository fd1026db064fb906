# Words that many pages share.

# States of a case.
state-draft = Draft
state-in_review = In review
state-information_requested = Information requested
state-waitlisted = Waitlisted
state-approved = Approved
state-refused = Refused
state-withdrawn = Withdrawn
state-lapsed = Lapsed
state-revoked = Revoked
state-expired = Expired
state-completed = Completed

# What can be done to a case: words for buttons.
action-submit = Submit
action-claim = Claim
action-unclaim = Put back
action-assign = Assign
action-endorse = Endorse
action-request_information = Request information
action-respond = Send the answer
action-resolve_finding = Resolve finding
action-note = Write a note
action-refuse = Refuse
action-withdraw = Withdraw the application
action-surrender = Give the authorization back
action-revoke = Revoke
action-view_document = Show the full number
action-erase = Erase the personal data
action-record_entry = Record the entry
action-edit = Change
action-add_evidence = Add a paper
action-remove_evidence = Remove

# What happened: lines of the history.
event-create = Begun
event-edit = Form changed
event-add_evidence = Paper added
event-remove_evidence = Paper removed
event-submit = Submitted
event-claim = Claimed
event-unclaim = Put back
event-assign = Assigned
event-endorse = Endorsed
event-request_information = Information requested
event-respond = Answered
event-resolve_finding = Finding resolved
event-note = Note written
event-refuse = Refused
event-withdraw = Withdrawn
event-surrender = Authorization given back
event-revoke = Authorization revoked
event-record_entry = Entered
event-promote = A place came free
event-lapse = Lapsed
event-expire = Expired
event-complete = Completed
event-suspend = Authorization suspended
event-reinstate = Authorization valid again
event-appeal = Appealed
event-view_document = Document number looked at
event-view_evidence = Document read
event-erase = Personal data erased

# Findings.
severity-info = For information
severity-warning = Warning
severity-blocking = Blocking
finding-duplicate_case = There is another case for the same travel document.
finding-earlier_refusal = An earlier case for this travel document was refused or revoked.
finding-passport_expires_soon = The passport expires soon after the journey.
finding-declaration_answered = A health declaration was answered in a way that must be looked at.
finding-evidence_missing = A required paper is missing.
finding-mrz_mismatch = The machine-readable zone does not match the form.

# Batches.
batch-state-planned = Planned
batch-state-open = Open
batch-state-closed = Closed
batch-state-ended = Ended
dimension-direction = Direction
dimension-category = Category
dimension-sponsor = Sponsor
place-capacity = Places
place-taken = Taken
place-held = Held
place-free = Free
direction-words = { $from } to { $to }

# The form: its sections and fields.
section-applicant = Traveller
section-travel_document = Passport
section-employment = Work
section-journey = Journey
section-health = Health and declarations
section-evidence = Papers
field-batch = Batch
field-direction = Direction
field-category = Category
field-applicant-family_name = Family name
field-applicant-given_names = Given names
field-applicant-native_name = Name in your own script
field-applicant-birth_date = Date of birth
field-applicant-sex = Sex
field-applicant-nationality = Nationality
field-applicant-residence = Country of residence
field-applicant-email = E-mail address
field-applicant-phone = Phone
field-travel_document-type = Type
field-travel_document-number = Passport number
field-travel_document-issuer = Issuing country
field-travel_document-issued_on = Date of issue
field-travel_document-expires_on = Date of expiry
field-travel_document-mrz = Machine-readable zone
field-employment-employer = Employer
field-employment-position = Position
field-employment-host = Host
field-employment-project = Project
field-employment-project_priority = Priority of the project
field-employment-sponsor = Sponsor
field-journey-purpose = Purpose of the journey
field-journey-arrive_on = Day of arrival
field-journey-leave_on = Day of departure
field-journey-port_of_entry = Port of entry
field-journey-itinerary = Itinerary
field-journey-itinerary-from = From
field-journey-itinerary-to = To
field-journey-itinerary-place = Place
field-health-declarations = Declarations
field-health-proofs = Health proofs
field-health-proofs-kind = Kind
field-health-proofs-issuer = Issued by
field-health-proofs-issued_on = Issued on
field-health-proofs-valid_until = Valid until
field-health-proofs-number = Number
field-grounds = Grounds
field-message = Message
field-note = Note
field-questions = Questions
field-answers = Answer
field-respond_by = Answer by
field-file = File
field-assignee = Officer
sex-F = Female
sex-M = Male
sex-X = Unspecified
answer-yes = Yes
answer-no = No

# An authorization.
authorization-number = Number
authorization-state-valid = Valid
authorization-state-suspended = Suspended
authorization-state-revoked = Revoked
authorization-state-expired = Expired
authorization-state-used = Used
