# What went wrong: titles and explanations, by code; sentences for faulty fields.

problem-bad_request = The request cannot be understood
    .detail = Check the address and what was sent, and try again.
problem-not_json = The body is not JSON
    .detail = Send a JSON text in UTF-8.
problem-unauthenticated = Sign in first
    .detail = This needs somebody who is signed in, or a valid access token.
problem-sign_in_failed = Sign-in failed
    .detail = The e-mail address and the password do not match. Check both, or choose a new password.
problem-forbidden = You may not do this
    .detail = Your role does not allow it. If you think it should, ask your organisation’s supervisor.
problem-forged_form = This form is out of date
    .detail = It was not sent from a page that this browser got from us, or too long ago. Nothing was changed. Go back, reload the page and send it again.
problem-not_found = Page not found
    .detail = There is nothing at this address, or it is not yours to see. Check the address.
problem-method_not_allowed = This address is used in another way
    .detail = The header Allow names the methods that it takes.
problem-not_acceptable = No acceptable form of answer
    .detail = The answer cannot be given in a form that the request accepts.
problem-request_timeout = The request took too long
    .detail = It did not arrive in time. Send it again.
problem-action_not_allowed = Not possible in this state
    .detail = The application’s state has no such step. What can be done now is listed with the application.
problem-claimed_by_another = Another officer has this case
    .detail = It was claimed by somebody else. A supervisor can assign it to you.
problem-blocking_finding = A finding stands in the way
    .detail = Resolve the blocking findings of this stage first.
problem-batch_full = No place is left
    .detail = The batch, or a limit of it, is full and keeps no waiting list.
problem-batch_not_open = The batch takes no applications now
    .detail = Look at the batch’s dates for when it does.
problem-batch_state = Not possible for this batch now
    .detail = The batch’s state does not allow it.
problem-capacity_below_use = Fewer places than are in use
    .detail = The new number is below the places that are held and taken already.
problem-ballot_not_drawn = The places are not drawn yet
    .detail = They are drawn by lot when the batch closes. The commitment to the seed stands with the batch already.
problem-duplicate_case = There is already an application for this travel document
    .detail = Only one application for a travel document can be under way in a programme.
problem-not_editable = The application cannot be changed now
    .detail = It can be changed as a draft, and while information is requested.
problem-finding_resolved = The finding is resolved already
    .detail = Somebody has dealt with it. Reload the page.
problem-journey_over = The journey can no longer be made
    .detail = The day of leaving, the travel window or the validity of the passport is over. Ask the applicant for new dates, or refuse the application.
problem-already_entered = The traveller has entered already
    .detail = After the first entry this is not possible any more.
problem-already_exists = This exists already
    .detail = The code, name or address is in use. Choose another.
problem-idempotency_key_reused = This idempotency key was used for another request
    .detail = A key stands for one request. Choose a new key for a new request.
problem-idempotency_key_in_use = The first request with this key is still under way
    .detail = Wait a moment and send the same request again.
problem-idempotency_answer_unreadable = The stored answer cannot be read
    .detail = The request was answered before, but the stored answer cannot be read: another version of the service stored it, or the service no longer has its encryption key. Nothing was done now. Look at the present state, and choose a new Idempotency-Key for a new request.
problem-link_unusable = This link cannot be used
    .detail = It was used already or is too old. Ask for a new one.
problem-document_lost = The file of this document is lost
    .detail = It is missing or damaged where it was stored, so it is not sent. The operator has been told. Upload the document again if you can still change the application; otherwise ask for it.
problem-version_conflict = Somebody was faster
    .detail = It was changed since you looked at it. Look at the new version and decide again.
problem-too_large = Too large
    .detail = What was sent is larger than is taken here.
upload-too-large = A file may have at most { $megabytes } MB. Make it smaller, or split it.
problem-unsupported_media_type = This type is not taken here
    .detail = The header Content-Type names a type that this address does not read.
problem-invalid = Some of it needs correcting
    .detail = Each field that needs it is named with what is wrong. Nothing was changed.
problem-unknown_field = Unknown fields
    .detail = Fields were sent that nobody here knows. Check their spelling. Nothing was changed.
problem-version_required = The version is missing
    .detail = Send the header If-Match with the version that you saw, as it stands in ETag.
problem-too_many_attempts = Too many attempts
    .detail = Wait a little before the next one.
problem-limit_reached = A daily limit is reached
    .detail = You have used everything that is allowed within 24 hours. Try again later.
limit-reached-drafts = You have started { $most } applications within 24 hours, which is the limit for one person. You can start the next one in { $hours ->
        [one] { $hours } hour
       *[other] { $hours } hours
    } at the latest. Nothing was changed.
limit-reached-program_drafts = The programs of your organisation have started { $most } applications within 24 hours, which is their limit. The next one can be started in { $hours ->
        [one] { $hours } hour
       *[other] { $hours } hours
    } at the latest. The operator of this service can raise the limit. Nothing was changed.
limit-reached-documents = You have uploaded { $most } documents within 24 hours, which is the limit for one person. You can upload the next one in { $hours ->
        [one] { $hours } hour
       *[other] { $hours } hours
    } at the latest. This document was not added.
limit-reached-bytes = The limit is { $most } MB of documents within 24 hours, and this document would exceed it. You can upload it in { $hours ->
        [one] { $hours } hour
       *[other] { $hours } hours
    } at the latest. This document was not added.
problem-internal = Something is broken here
    .detail = It is our fault, and it is in our log. Nothing was changed. If it happens again, tell support the number below.
problem-cannot_decrypt = This record cannot be read now
    .detail = The service lacks the key for this record. Nothing was changed. The operator can see in the log which key is missing.
problem-busy = The service is busy
    .detail = The service is receiving more data at the moment than its memory can hold. Nothing was changed. Send it again in a few seconds.
problem-unavailable = Not available for a moment
    .detail = The service cannot use its database or its files now. Try again in a few seconds. If you were saving or sending something, it is not certain whether that was done: look at your application first.
    .for-programs = Send the request again with the same Idempotency-Key: it is done once.

problem-not_json-at = It stops being JSON at line { $line }, column { $column }.
problem-not_json-too-deep = It has more than { $most } levels, which is the limit.
problem-too_large-parts = It has more than { $most } objects and lists, which is the limit of one body. Send less in one request.
problem-too_large-body = Apart from files, a request may have at most { $megabytes } MB. Send less in one request.
problem-request_timeout-limits = It stood still for more than { $seconds } seconds, or came at less than { $kilobytes } KB a second. Send it again; a smaller file or a better connection helps.
problem-more-faults =
    { $count ->
        [one] One more fault is not listed.
       *[other] { $count } more faults are not listed.
    }
problem-request-id = Number of this request:

forbidden-scope = The access token lacks the scope for this.
forbidden-role = None of your roles allows it.
forbidden-no_organisation = Your account belongs to no organisation, and your role needs one. Ask your administrator to assign it.
forbidden-not_your_stage = The case is at another authority’s stage.
forbidden-four_eyes = You endorsed an earlier stage of this case; another officer must take this one.
forbidden-own_case = It is your own case.
forbidden-own_account = It is your own account. Ask another administrator.
forbidden-own_sponsor = It is a case of your own organisation.
forbidden-not_your_territory = It belongs to another territory or programme than your organisation’s.

field-error-unknown_field = Nobody knows this field. Check its spelling.
field-error-wrong_type =
    { $expected ->
        [text] This must be a text.
        [boolean] This must be true or false.
        [number] This must be a whole number.
        [list] This must be a list.
        [object] This must be an object.
       *[other] This is of the wrong type.
    }
field-error-required = Fill this in.
field-error-unknown_time_zone = Name a time zone of the IANA database, such as Asia/Almaty.
field-error-unknown_code = Use one of these: { $known }.
field-error-unknown_organisation = There is no such organisation.
field-error-unknown_programme = There is no such programme.
field-error-not_an_assignee = Write “me”, “none” or the id of an officer’s account.
field-error-not_an_id = This is no id. Copy it in full: 36 characters, such as 01939b2e-5d3c-7a41-9d0e-0c5b1c6b7a10.
field-error-not_a_direction = A direction joins two different territories of the programme by a hyphen, such as CN-KZ.
field-error-malformed = This is not written as it should be.
field-error-too_long =
    { $most ->
        [one] Use at most { $most } character.
       *[other] Use at most { $most } characters.
    }
field-error-too_many = At most { $most } entries are taken.
field-error-too_many_attempts = There were too many wrong passwords. Wait { $minutes ->
    [one] a minute
   *[other] { $minutes } minutes
}, or choose a new password through “Forgot your password?”.
too-many-secrets = There were too many wrong secrets of this client from your network. Wait { $minutes ->
    [one] a minute
   *[other] { $minutes } minutes
}, and check the secret.
too-many-mails = Your network has asked for too many messages with a link. Wait { $minutes ->
    [one] a minute
   *[other] { $minutes } minutes
} before you ask for the next one.
field-error-too_many_files = No more files are taken. Remove one first.
field-error-case_storage_full = This application has used the { $megabytes } MB that may be uploaded to it, including removed documents. Ask the authority how to send more documents.
field-error-out_of_range = Enter a number from { $least } to { $most }.
field-error-unprintable = Remove the invisible characters.
field-error-one_line = Write it in one line.
field-error-not_a_name = Write a name without web or e-mail addresses.
field-error-not_a_code = Use 2 to 60 small letters, digits and dashes, such as cn-mofcom.
field-error-used_twice = This is here twice. Remove one.
field-error-unknown_country = Give a country by its two-letter code (ISO 3166-1), such as CN or KZ.
field-error-unknown_batch = There is no such batch that takes applications.
field-error-unknown_sponsor = There is no such sponsor.
field-error-sponsor_not_accepted = This sponsor has not accepted your application. Wait for its answer, name another sponsor, or leave the field empty.
field-error-not_your_sponsor = You can enter applications for your own organisation only.
field-error-unknown_finding = There is no such finding.
field-error-not_an_officer_here = This person is no officer of the authority whose stage it is.
field-error-role_needs_organisation =
    { $kind ->
        [authority] This role needs an authority as organisation.
        [sponsor] This role needs a sponsor as organisation.
        [verifier] This role needs a verifier as organisation.
       *[other] This role needs another organisation, or none.
    }
field-error-not_an_email = Enter an e-mail address, such as name@example.org: Latin letters and digits before the @, a domain name after it.
field-error-not_a_phone = Enter a phone number with the country’s code, such as +7 701 234 56 78.
field-error-not_a_date = Enter a date that exists, as year, month and day: 2026-03-05.
field-error-not_an_instant = Enter a date and time with its zone, such as 2026-03-05T14:30:00Z.
field-error-impossible_date = This date cannot be right. Check it.
field-error-before_start = The end lies before the beginning. Check both dates.
field-error-in_the_past = This date is over. Enter a later one.
field-error-too_late = This date is too late. Enter an earlier one.
field-error-outside_travel_window = The journey must lie between { $from } and { $until }, when this batch travels.
field-error-outside_journey = This lies outside the journey’s dates.
field-error-stay_too_long =
    { $days ->
        [one] The stay can last { $days } day at most.
       *[other] The stay can last { $days } days at most.
    }
field-error-too_young =
    { $years ->
        [one] The traveller must be { $years } year old at least.
       *[other] The traveller must be { $years } years old at least.
    }
field-error-direction_mismatch = For this direction the traveller must be a national or resident of this country: { $country }.
field-error-passport_expires_too_soon =
    { $months ->
        [one] The travel document must be valid for { $months } month after the journey: until { $date } at least.
       *[other] The travel document must be valid for { $months } months after the journey: until { $date } at least.
    }
field-error-not_a_document_number = Enter the number as it stands in the document: letters and digits.
field-error-not_an_mrz = Enter the two lines of 44 characters at the bottom of the passport’s page.
field-error-check_digit = A check digit does not fit. Compare it with the document, character by character.
field-error-evidence_missing = A required document is missing. Upload it: { $kind }.
field-error-must_be_declared = This must be declared; without it nothing can be submitted.
field-error-fixed_after_submission = This cannot be changed after submission.
field-error-wrong_password = This is not your current password.
field-error-already_in_use = This is in use already. Choose another.
field-error-password_too_short = Use at least { $least } characters.
field-error-password_too_common = This password is easy to guess. Choose another, such as four unrelated words.
field-error-not_an_idempotency_key = Send one key of 1 to { $most } visible ASCII characters, without spaces.
field-error-not_a_cursor = This is no cursor that we gave. Begin at the first page.
field-error-empty_file = The file is empty. Choose another.
field-error-not_a_paper = This file is not a PDF, JPEG or PNG. Choose another file, or save it as one of these.
field-error-below_use = More places are held and taken already. Enter a larger number.
field-error-fixed_while_waiting = Cases wait in this order. It can be changed when none waits any more.
field-error-fixed_after_opening = A ballot is promised before the batch opens. Whether lots decide cannot be changed any more.
field-error-ballot_needs_line = Places by lot need a waiting list: until the draw every application waits.
