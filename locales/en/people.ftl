# Accounts, sign-in, organisations.

people-sign-up = Create an account
people-sign-up-lead = With an account you can stop at any time and come back, and see where your application stands.
people-sign-up-button = Continue
people-have-account = You have an account already?
people-no-account = No account yet?
people-name = Name
people-name-hint = As we should address you.
people-email = E-mail address
people-email-hint = We send a link there, and every change of your application.
people-password = Password
people-new-password = New password
people-current-password = Current password
people-password-hint = At least 12 characters. A few unrelated words are easy to remember and hard to guess.
people-sign-in-failed = The e-mail address and the password do not match. Check both, or choose a new password.
people-too-many-attempts = Too many wrong passwords for this address or from your network. Wait a quarter of an hour, or choose a new password.
people-busy-title = Many people are signing in
people-busy = { $ahead ->
        [one] One person is ahead of you.
       *[other] { $ahead } people are ahead of you.
    }
people-busy-wait = { $seconds ->
        [one] Try again in about one second.
       *[other] Try again in about { $seconds } seconds.
    }
people-busy-reload = This page opens the form again by itself. Your e-mail address is kept.
people-busy-again = Sign in now
people-forgot-link = Forgotten the password?
people-forgot-title = Choose a new password
people-forgot-lead = Tell us your e-mail address and we send a link.
people-forgot-button = Send the link
people-check-mail-title = Look into your mail
people-check-mail-text = If { $email } can receive mail, a message with a link is on its way. The link works for 24 hours. Nothing there? Look into the spam folder.
people-choose-title = Choose your password
people-choose-button = Save and sign in
people-link-unusable-title = This link cannot be used any more
people-link-unusable-text = It was used already or is older than a day.
people-link-unusable-again = Send me a new one
people-account = Your account
people-language = Language
people-language-hint = Of the pages and of the messages that we send you.
people-save = Save
people-change-password = Change the password
people-sessions = Where you are signed in
people-sessions-text = If you signed in on a device that is not yours, end all sessions. You will have to sign in again here too.
people-sign-out-everywhere = Sign out everywhere
people-accounts = Accounts
people-organisations = Organisations
people-roles = Roles
people-organisation = Organisation
people-organisation-hint = Its code. Officers belong to an authority, representatives to a sponsor.
people-state = State
people-actions = Actions
people-active = Active
people-unconfirmed = Not confirmed
people-disabled = Locked
people-disable = Lock
people-enable = Unlock
people-next-page = Next page
people-add-account = Add an account
people-add-organisation = Add an organisation
people-code = Code
people-code-hint = Small letters, digits and hyphens.
people-kind = Kind
people-territory = Country
people-territory-hint = Two letters, such as KZ.
people-change = Change
people-change-roles = Roles and organisation
people-change-roles-hint = The new rights apply at once. Cases that the person has claimed and may not review any more return to the queue.
people-clients = API clients
people-clients-lead = Programs that use the API for an organisation. The operator creates them on the command line: corridor client create.
people-no-clients = There are no API clients
people-new-secret = New secret
people-make-secret = Make a new secret
people-new-secret-hint = The old secret and its access tokens stop working at once. The program cannot use the API until it has the new secret.
people-new-secret-shown = Copy the secret now. It is shown only once.
role-applicant = Applicant
role-sponsor = Sponsor’s representative
role-officer = Officer
role-supervisor = Supervisor
role-batch_manager = Batch manager
role-auditor = Auditor
role-administrator = Administrator
role-verifier = Verifier
kind-authority = Authority
kind-sponsor = Sponsor
kind-verifier = Verifier
