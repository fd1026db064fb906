# The messages that are mailed.

mail-greeting = Dear { $name },
mail-greeting-nobody = Good day,
mail-footer = This message was sent automatically; nobody reads answers to it. Never send your passport number or password by e-mail.
mail-fact-reference = Reference
mail-fact-when = When
mail-fact-programme = Programme
mail-fact-batch = Batch
mail-fact-number = Authorization number
mail-fact-validity = Valid
mail-fact-document = Travel document
mail-fact-authority = Authority
mail-fact-address = Its address
mail-validity = from { $from } until { $until }
mail-questions = What the authority asks
mail-grounds = Grounds
mail-words = In the authority’s words
mail-conditions = Entry conditions
mail-order-first-come = Places are given in the order in which applications were submitted.
mail-order-ranked = Places are given by the points of category and project priority, then in the order of submission.
mail-order-ballot = Places are given in the order that was drawn by lot. Anybody can check the draw.

mail-confirm-address-subject = Confirm your e-mail address
mail-confirm-address-what = Somebody, we think you, opened an account for this address. Open the page below to confirm the address and choose a password.
mail-confirm-address-next = The link works once, until { $until }. If it was not you, do nothing: without the link the account cannot be used.
mail-confirm-address-button = Confirm and choose a password

mail-reset-password-subject = Choose a new password
mail-reset-password-what = Somebody, we think you, asked for a new password for this address, or tried to open a second account for it. Open the page below to choose a new password.
mail-reset-password-next = The link works once, until { $until }. If it was not you, do nothing: your password stays as it is.
mail-reset-password-button = Choose a new password

mail-password-changed-subject = Your password was changed
mail-password-changed-what = The password of your account was changed on { $at }. All earlier sessions have ended.
mail-password-changed-next = If it was you, you need not do anything. If it was not you, open the page below and choose a new password at once. Whoever changed it is then signed out. If others may read your e-mail, change the password of your mailbox first.
mail-password-changed-button = Choose a new password
mail-sponsorship-requested-subject = Applications name your organisation as their sponsor
mail-sponsorship-requested-what =
    { $requests ->
        [one] One application names { $sponsor } as its sponsor and waits for your answer.
       *[other] { $requests } applications name { $sponsor } as their sponsor and wait for your answer.
    }
mail-sponsorship-requested-next = Accept only people whom your organisation sends or expects: each place counts for your organisation’s limit. We send this message at most once a day.
mail-sponsorship-requested-button = See the requests

mail-sponsorship-accepted-subject = Your sponsor has accepted: application { $reference }
mail-sponsorship-accepted-what = { $sponsor } has agreed to sponsor your application. It can read and change the application too.
mail-sponsorship-accepted-next = What to do: complete the form and submit the application.
mail-sponsorship-accepted-button = Go to the application

mail-sponsorship-declined-subject = Your sponsor has declined: application { $reference }
mail-sponsorship-declined-what = { $sponsor } has declined to sponsor your application.
mail-sponsorship-declined-next = What to do: name another sponsor, or leave the field empty. The rest of your application stays as it is.
mail-sponsorship-declined-button = Go to the application

mail-received-subject = Received: application { $reference }
mail-received-what = Your application has been received. { $authority } reviews it now.
mail-received-next = What happens next: the authority means to finish this stage by { $until }. You need to do nothing now; we write at every change.
mail-received-button = See where it stands

mail-information-requested-subject = More information needed: application { $reference }
mail-information-requested-what = { $authority } needs more information before it can go on with your application.
mail-information-requested-next = Answer by { $until }. You can change your form and papers until then. If no answer comes in time, the application lapses.
mail-information-requested-button = Answer

mail-waitlisted-subject = On the waiting list: application { $reference }
mail-waitlisted-what = No place of { $batch } is free at the moment, so your application waits for one.
mail-waitlisted-line = Your place in the line is { $place }. { $order }
mail-waitlisted-what-draw = Places of { $batch } are drawn by lot, and your application takes part in the draw.
mail-waitlisted-draw = The draw is held when the batch closes for applications. Until then nobody has a place, and there is no line.
mail-waitlisted-next = If a place comes free, your application goes on by itself and we write to you. If none does by { $until }, it lapses.
mail-waitlisted-button = See where it stands

mail-approved-subject = Approved: application { $reference }
mail-approved-what = Your application has been approved. Your travel authorization is issued.
mail-approved-passport = The authorization is tied to the travel document above. If you get another passport, you need a new application.
mail-approved-border = The border may ask for your papers. This authorization is no right of entry: the officers at the border decide.
mail-approved-next = What to do: print or save the page of your authorization and travel within its validity. If you do not travel, please give it back, so that somebody else can have the place.
mail-approved-button = See the authorization

mail-refused-subject = Refused: application { $reference }
mail-refused-what = { $authority } has refused your application.
mail-refused-next = You can appeal in writing to the authority at the address above until { $until }. Name the reference.
mail-refused-button = See the decision

mail-withdrawn-subject = Withdrawn: application { $reference }
mail-withdrawn-what = Your application has been withdrawn, as was asked. A place that it had is free for somebody else.
mail-withdrawn-next = You need to do nothing. You can apply again while the batch is open.
mail-withdrawn-button = See the application

mail-revoked-subject = Revoked: authorization for application { $reference }
mail-revoked-what = { $authority } has revoked your travel authorization. You can no longer travel on it.
mail-revoked-next = You can appeal in writing to the authority at the address above until { $until }. Name the reference.
mail-revoked-button = See the decision

mail-journey-ending-subject = Your journey ends soon: application { $reference }
mail-journey-ending-what = Your application is not decided yet, and the day on which you plan to leave is near.
mail-journey-ending-next = It ends without a decision if it is not decided by { $until }. If you still have to travel later, withdraw it and apply again with new dates while a batch is open.
mail-journey-ending-button = See the application

mail-lapsed-subject = Lapsed: application { $reference }
mail-lapsed-what = Your application has ended because a deadline passed or its time was over.
mail-lapsed-next = You need to do nothing. If you still have to travel, apply again while a batch is open.
mail-lapsed-button = See the application
