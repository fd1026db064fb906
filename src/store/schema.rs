//! The tables, as both databases have them. `tests/it/schema.rs` compares this with the migrations.

use diesel::{allow_tables_to_appear_in_same_query, joinable, table};

table! {
    use diesel::sql_types::{Text, Nullable};
    use crate::store::types::{Id, Instant};
    organisations (id) { id -> Id, code -> Text, name -> Text, kind -> Text, territory -> Nullable<Text>, created_at -> Instant, }
}
table! {
    use diesel::sql_types::{Text, Nullable};
    use crate::store::types::{Id, Instant};
    accounts (id) {
        id -> Id, email -> Text, email_key -> Text, name -> Text, password_hash -> Nullable<Text>, roles -> Text,
        organisation_id -> Nullable<Id>, language -> Text, created_at -> Instant, confirmed_at -> Nullable<Instant>,
        disabled_at -> Nullable<Instant>,
    }
}
table! {
    use diesel::sql_types::{Binary, Text};
    use crate::store::types::{Id, Instant};
    sessions (token_hash) {
        token_hash -> Binary, account_id -> Id, created_at -> Instant, last_seen_at -> Instant, expires_at -> Instant,
        network -> Text, browser -> Text,
    }
}
table! {
    use diesel::sql_types::{Binary, Text, Nullable};
    use crate::store::types::{Id, Instant};
    one_time_links (token_hash) {
        token_hash -> Binary, account_id -> Id, purpose -> Text, created_at -> Instant, expires_at -> Instant,
        used_at -> Nullable<Instant>,
    }
}
table! {
    use diesel::sql_types::{Binary, Text};
    use crate::store::types::Instant;
    sign_ups (token_hash) {
        token_hash -> Binary, email -> Text, email_key -> Text, name -> Text, language -> Text, expires_at -> Instant,
    }
}
table! {
    use diesel::sql_types::{Binary, Text, Nullable};
    use crate::store::types::{Id, Instant};
    api_clients (id) {
        id -> Id, client_id -> Text, secret_hash -> Binary, name -> Text, organisation_id -> Id, scopes -> Text,
        created_at -> Instant, disabled_at -> Nullable<Instant>,
    }
}
table! {
    use diesel::sql_types::{Integer, Text};
    use crate::store::types::Instant;
    programmes (code, version) { code -> Text, version -> Integer, document -> Text, created_at -> Instant, }
}
table! {
    use diesel::sql_types::{Binary, Bool, Integer, Text, Nullable};
    use crate::store::types::{Day, Id, Instant};
    batches (id) {
        id -> Id, programme_code -> Text, name -> Text, state -> Text, capacity -> Integer, held -> Integer,
        taken -> Integer, hold_at -> Text, on_full -> Text, ordering -> Text, opens_at -> Nullable<Instant>,
        closes_at -> Nullable<Instant>, travel_from -> Day, travel_until -> Day, version -> Integer,
        created_at -> Instant, ballot_commitment -> Nullable<Binary>, ballot_seed_sealed -> Nullable<Binary>,
        ballot_seed -> Nullable<Binary>, drawn_at -> Nullable<Instant>, event_seq -> Integer, event_hash -> Binary,
        drawing -> Bool, promoting -> Bool,
    }
}
table! {
    use diesel::sql_types::{Integer, Text};
    use crate::store::types::Id;
    batch_limits (batch_id, dimension, key) {
        batch_id -> Id, dimension -> Text, key -> Text, capacity -> Integer, held -> Integer, taken -> Integer,
    }
}
table! {
    use diesel::sql_types::{Binary, Integer, Text, Nullable};
    use crate::store::types::{Id, Instant};
    applications (id) {
        id -> Id, reference -> Text, programme_code -> Text, programme_version -> Integer, batch_id -> Id,
        direction -> Text, category -> Text, state -> Text, stage -> Nullable<Text>, assignee_id -> Nullable<Id>,
        applicant_id -> Nullable<Id>, sponsor_id -> Nullable<Id>, creator_id -> Id,
        creator_organisation_id -> Nullable<Id>, language -> Text, family_name -> Text, given_names -> Text,
        name_key -> Text, form_sealed -> Binary, document_hash -> Nullable<Binary>, live_document_hash -> Nullable<Binary>,
        place -> Text, rank -> Integer, version -> Integer, event_seq -> Integer, event_hash -> Binary,
        created_at -> Instant, updated_at -> Instant, submitted_at -> Nullable<Instant>,
        due_at -> Nullable<Instant>, decided_at -> Nullable<Instant>, lot -> Nullable<Binary>,
    }
}
table! {
    use diesel::sql_types::{Binary, Text};
    use crate::store::types::Id;
    case_keys (application_id) { application_id -> Id, wrapped_key -> Binary, master_key -> Text, }
}
table! {
    use diesel::sql_types::{Integer, Text};
    use crate::store::types::Instant;
    master_keys (version) { version -> Integer, id -> Text, activated_at -> Instant, }
}
table! {
    use diesel::sql_types::Text;
    use crate::store::types::{Id, Instant};
    clock_faults (instance_id) {
        instance_id -> Id, host -> Text, kind -> Text, own_time -> Instant, other_time -> Instant,
    }
}
table! {
    use diesel::sql_types::{Binary, Text};
    key_checks (key_id) { key_id -> Text, sealed -> Binary, }
}
table! {
    use diesel::sql_types::{Integer, Text, Nullable};
    use crate::store::types::{Id, Instant};
    jobs (id) {
        id -> Id, kind -> Text, subject_id -> Nullable<Id>, created_by_kind -> Text, created_by -> Nullable<Id>,
        organisation_id -> Nullable<Id>, state -> Text, done -> Integer, total -> Nullable<Integer>,
        cursor -> Nullable<Text>, last_error -> Nullable<Text>, created_at -> Instant,
        started_at -> Nullable<Instant>, finished_at -> Nullable<Instant>,
    }
}
table! {
    use diesel::sql_types::{Integer, Nullable, Text};
    use crate::store::types::Instant;
    duties (name) { name -> Text, last_at -> Instant, done -> Integer, last_error -> Nullable<Text>, }
}
table! {
    use diesel::sql_types::{Binary, Integer, Text, Nullable};
    use crate::store::types::{Id, Instant};
    evidence (id) {
        id -> Id, application_id -> Id, kind -> Text, file_name -> Text, media_type -> Text, bytes -> Integer,
        sha256 -> Binary, storage_name -> Text, uploaded_by -> Id, uploaded_at -> Instant,
        removed_at -> Nullable<Instant>, file_key_sealed -> Nullable<Binary>,
    }
}
table! {
    use diesel::sql_types::{Binary, Integer, Text, Nullable};
    use crate::store::types::{Id, Instant};
    findings (id) {
        id -> Id, application_id -> Id, code -> Text, subject -> Nullable<Text>, severity -> Text,
        stage -> Nullable<Text>, raised_at -> Instant, resolved_at -> Nullable<Instant>, resolved_by -> Nullable<Id>,
        round -> Integer, values_sealed -> Nullable<Binary>,
    }
}
table! {
    use crate::store::types::{Id, Instant};
    journey_checks (application_id) { application_id -> Id, check_at -> Instant, }
}
table! {
    use diesel::sql_types::Integer;
    use crate::store::types::Id;
    passed_over (application_id) { application_id -> Id, terms_version -> Integer, }
}
table! {
    use diesel::sql_types::Text;
    use crate::store::types::{Id, Instant};
    sponsorship_requests (application_id) {
        application_id -> Id, organisation_id -> Id, state -> Text, requested_at -> Instant,
    }
}
table! {
    use diesel::sql_types::BigInt;
    use crate::store::types::{Id, Instant};
    used_by_hour (who, hour) {
        who -> Id, hour -> Instant, drafts -> BigInt, documents -> BigInt, bytes -> BigInt,
    }
}
table! {
    use diesel::sql_types::{BigInt, Binary};
    use crate::store::types::Id;
    published_ballots (batch_id) { batch_id -> Id, bytes -> BigInt, sha256 -> Binary, gzip -> Binary, }
}
table! {
    use diesel::sql_types::Nullable;
    use crate::store::types::{Id, Instant};
    sponsor_notices (organisation_id) {
        organisation_id -> Id, notify_at -> Nullable<Instant>, notified_at -> Nullable<Instant>,
    }
}
table! {
    use diesel::sql_types::{Binary, Integer, Text, Nullable};
    use crate::store::types::{Day, Id, Instant};
    authorizations (number) {
        number -> Text, application_id -> Id, state -> Text, valid_from -> Day, valid_until -> Day,
        issued_at -> Instant, ended_at -> Nullable<Instant>, entered_on -> Nullable<Day>, exited_on -> Nullable<Day>,
        version -> Integer, event_seq -> Integer, event_hash -> Binary,
    }
}
table! {
    use diesel::sql_types::{Binary, Integer, Text, Nullable};
    use crate::store::types::{Id, Instant};
    authorization_events (authorization_number, seq) {
        authorization_number -> Text, seq -> Integer, at -> Instant, actor_kind -> Text, actor_id -> Nullable<Id>,
        actor_organisation_id -> Nullable<Id>, action -> Text, from_state -> Nullable<Text>, to_state -> Text,
        facts -> Text, previous_hash -> Binary, hash -> Binary, hash_key -> Nullable<Text>,
    }
}
table! {
    use diesel::sql_types::{Binary, Integer, Text, Nullable};
    use crate::store::types::{Id, Instant};
    batch_events (batch_id, seq) {
        batch_id -> Id, seq -> Integer, at -> Instant, actor_kind -> Text, actor_id -> Nullable<Id>,
        actor_organisation_id -> Nullable<Id>, action -> Text, from_state -> Nullable<Text>, to_state -> Text,
        facts -> Text, previous_hash -> Binary, hash -> Binary, hash_key -> Nullable<Text>,
    }
}
table! {
    use diesel::sql_types::{Binary, Integer, Text, Nullable};
    use crate::store::types::{Id, Instant};
    journal (kind, subject, seq) {
        kind -> Text, subject -> Text, seq -> Integer, at -> Instant, actor_kind -> Text, actor_id -> Nullable<Id>,
        actor_organisation_id -> Nullable<Id>, organisation_id -> Nullable<Id>, action -> Text, changes -> Text,
        words_sealed -> Nullable<Binary>, words_digest -> Nullable<Binary>, previous_hash -> Binary, hash -> Binary,
        hash_key -> Text,
    }
}
table! {
    use diesel::sql_types::{Binary, Integer, Text, Nullable};
    use crate::store::types::{Id, Instant};
    events (application_id, seq) {
        application_id -> Id, seq -> Integer, at -> Instant, actor_kind -> Text, actor_id -> Nullable<Id>,
        actor_organisation_id -> Nullable<Id>, action -> Text, from_state -> Nullable<Text>, to_state -> Text,
        from_stage -> Nullable<Text>, to_stage -> Nullable<Text>, facts -> Text, words_sealed -> Nullable<Binary>,
        words_digest -> Nullable<Binary>, previous_hash -> Binary, hash -> Binary, hash_key -> Nullable<Text>,
        digest -> Nullable<Binary>,
    }
}
table! {
    use diesel::sql_types::{Integer, Text, Nullable};
    use crate::store::types::{Id, Instant};
    quota_entries (application_id, event_seq) {
        application_id -> Id, event_seq -> Integer, batch_id -> Id, at -> Instant, movement -> Text,
        held_delta -> Integer, taken_delta -> Integer, direction -> Text, category -> Text, sponsor -> Nullable<Text>,
    }
}
table! {
    use diesel::sql_types::{Binary, Integer, Text, Nullable};
    use crate::store::types::{Id, Instant};
    notifications (id) {
        id -> Id, application_id -> Nullable<Id>, event_seq -> Nullable<Integer>, message -> Text, language -> Text,
        recipient_sealed -> Binary, contents_sealed -> Binary, state -> Text, attempts -> Integer,
        next_attempt_at -> Instant, created_at -> Instant, sent_at -> Nullable<Instant>, channel -> Text,
        attempt_policy -> Text,
    }
}
table! {
    use diesel::sql_types::{Integer, Text, Nullable};
    use crate::store::types::{Id, Instant};
    delivery_attempts (notification_id, attempt) {
        notification_id -> Id, attempt -> Integer, at -> Instant, outcome -> Text, detail -> Nullable<Text>,
    }
}
table! {
    use diesel::sql_types::{Integer, Nullable, Text};
    use crate::store::types::{Id, Instant};
    access_records (application_id, after_seq, number) {
        application_id -> Id, after_seq -> Integer, number -> Integer, at -> Instant, actor_kind -> Text,
        actor_id -> Id, actor_organisation_id -> Nullable<Id>, what -> Text, subject_id -> Id,
    }
}
table! {
    use diesel::sql_types::{Binary, Nullable};
    use crate::store::types::{Id, Instant};
    idempotency_keys (id) {
        id -> Id, client_id -> Id, key_hash -> Binary, fingerprint -> Binary, answer_sealed -> Binary,
        created_at -> Instant, application_id -> Nullable<Id>,
    }
}
table! {
    use crate::store::types::Instant;
    use diesel::sql_types::{Nullable, Text};
    files_to_remove (storage_name) {
        storage_name -> Text, keep_until -> Nullable<Instant>, since -> Nullable<Instant>,
    }
}
table! {
    use crate::store::types::Id;
    use diesel::sql_types::{Integer, Nullable};
    files_identity (id) { id -> Integer, installation_id -> Id, folder_id -> Nullable<Id>, }
}
table! {
    use diesel::sql_types::{Binary, Integer};
    write_checks (id) { id -> Integer, number -> Integer, filler -> Binary, }
}
table! {
    use crate::store::types::Instant;
    use diesel::sql_types::{Binary, Integer};
    sign_in_failures (address_hash) { address_hash -> Binary, failures -> Integer, since -> Instant, }
}

joinable!(accounts -> organisations (organisation_id));
joinable!(sessions -> accounts (account_id));
joinable!(one_time_links -> accounts (account_id));
joinable!(api_clients -> organisations (organisation_id));
joinable!(batch_limits -> batches (batch_id));
joinable!(applications -> batches (batch_id));
joinable!(applications -> organisations (sponsor_id));
joinable!(case_keys -> applications (application_id));
joinable!(evidence -> applications (application_id));
joinable!(findings -> applications (application_id));
joinable!(authorizations -> applications (application_id));
joinable!(events -> applications (application_id));
joinable!(sponsorship_requests -> applications (application_id));
joinable!(sponsorship_requests -> organisations (organisation_id));
joinable!(delivery_attempts -> notifications (notification_id));

allow_tables_to_appear_in_same_query!(
    organisations,
    accounts,
    sessions,
    one_time_links,
    sign_ups,
    api_clients,
    programmes,
    batches,
    batch_limits,
    applications,
    case_keys,
    evidence,
    findings,
    authorizations,
    authorization_events,
    batch_events,
    events,
    quota_entries,
    notifications,
    delivery_attempts,
    sign_in_failures,
    idempotency_keys,
    files_identity,
    files_to_remove,
    write_checks,
    journey_checks,
    passed_over,
    sponsorship_requests,
    sponsor_notices,
    used_by_hour,
    published_ballots,
    access_records,
);
