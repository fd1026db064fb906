//! Edits of decisions: approvals, authorizations, messages.

use super::{Edit, Sql};

pub(super) fn edits(sql: &Sql<'_>) -> Vec<Edit> {
    let cast = sql.cast;
    let [decision, approved, revoked] = [cast.decision, cast.approved, cast.revoked].map(|case| sql.id(case));
    let of_number = format!("number = '{}'", cast.number);
    vec![
        sql.events(
            "an approval is forged for a case in review, with event, place and authorization, and no message",
            cast.decision,
            forged_approval(sql),
        ),
        sql.events(
            "an approval is forged for a case in review, and its message is a copy of another",
            cast.decision,
            forged_approval(sql) + &*message_of_approval(sql, "n.recipient_sealed, n.contents_sealed"),
        ),
        sql.events(
            "an approval is forged for a case in review, and its message is blank",
            cast.decision,
            forged_approval(sql) + &*message_of_approval(sql, &format!("{0}, {0}", sql.bytes(""))),
        ),
        sql.events(
            "an approval is forged for a case in review, and its message is one that the case was sent before",
            cast.decision,
            forged_approval(sql)
                + &*format!(
                    "UPDATE notifications SET event_seq = (SELECT event_seq FROM applications WHERE id = {decision}) \
                     WHERE application_id = {decision};"
                ),
        ),
        sql.rows(
            "an authorization is valid for five more years",
            format!("UPDATE authorizations SET valid_until = '2031-12-30' WHERE {of_number}"),
        ),
        sql.events(
            "an authorization is valid for five more years, in its row and in the event that issued it",
            cast.approved,
            format!(
                "UPDATE events SET facts = replace(facts, (SELECT CAST(valid_until AS TEXT) FROM authorizations WHERE {of_number}), '2031-12-30') \
                 WHERE application_id = {approved}; UPDATE authorizations SET valid_until = '2031-12-30' WHERE {of_number}; \
                 UPDATE applications SET due_at = '2031-12-30T19:00:00.000000Z' WHERE id = {approved}"
            ),
        ),
        sql.rows(
            "an authorization is suspended",
            format!("UPDATE authorizations SET state = 'suspended' WHERE {of_number}"),
        ),
        sql.rows(
            "a revoked authorization is valid again",
            format!("UPDATE authorizations SET state = 'valid', ended_at = NULL WHERE application_id = {revoked}"),
        ),
        sql.events(
            "a revocation is removed: from both histories, the authorization, the case and its place",
            cast.revoked,
            sql.truncate(cast.revoked)
                + &*format!(
                    "DELETE FROM authorization_events WHERE authorization_number IN (SELECT number FROM authorizations WHERE application_id = {revoked}); \
                     UPDATE authorizations SET state = 'valid', ended_at = NULL, event_seq = 0 WHERE application_id = {revoked}; \
                     UPDATE applications SET place = 'taken', live_document_hash = document_hash, \
                       due_at = (SELECT due_at FROM applications a WHERE a.id = {approved}) WHERE id = {revoked}; {}",
                    sql.counters()
                ),
        ),
        sql.rows(
            "the number of an authorization is changed",
            format!("UPDATE authorizations SET number = 'CNKZ-AAAA-AAAA-AAAA' WHERE {of_number}"),
        ),
        sql.rows(
            "an authorization is deleted",
            format!("DELETE FROM authorizations WHERE {of_number}"),
        ),
        sql.rows(
            "an authorization is forged for an undecided case",
            authorization_for(sql, &decision),
        ),
        sql.rows(
            "a second authorization is forged for an approved case",
            authorization_for(sql, &approved),
        ),
        sql.rows(
            "a message is deleted",
            format!(
                "DELETE FROM delivery_attempts WHERE notification_id IN (SELECT id FROM notifications WHERE application_id = {approved}); \
                 DELETE FROM notifications WHERE application_id = {approved}"
            ),
        ),
        sql.rows(
            "an abandoned message is marked as sent",
            format!(
                "UPDATE delivery_attempts SET outcome = 'permanent' WHERE notification_id IN (SELECT id FROM notifications WHERE application_id = {approved})"
            ),
        ),
        sql.rows(
            "a message is held back for ever",
            format!(
                "UPDATE notifications SET state = 'pending', next_attempt_at = '2999-01-01T00:00:00.000000Z' WHERE application_id = {approved}"
            ),
        ),
        sql.rows(
            "the messages of two cases are exchanged",
            format!(
                "UPDATE notifications SET contents_sealed = (SELECT contents_sealed FROM notifications o WHERE o.application_id = {revoked} \
                 ORDER BY o.id LIMIT 1) WHERE application_id = {approved}"
            ),
        ),
    ]
}

/// The number of a forged authorization.
const FORGED: &str = "CNKZ-FFFF-FFFF-FFFF";

fn authorization_for(sql: &Sql<'_>, case: &str) -> String {
    format!(
        "INSERT INTO authorizations (number, application_id, state, valid_from, valid_until, issued_at, version, event_seq, event_hash) \
         SELECT '{FORGED}', {case}, state, valid_from, valid_until, issued_at, version, event_seq, event_hash \
         FROM authorizations WHERE number = '{}';",
        sql.cast.number
    )
}

/// What an approval writes, copied from another case.
fn forged_approval(sql: &Sql<'_>) -> String {
    let (case, like) = (sql.id(sql.cast.decision), sql.id(sql.cast.approved));
    let seq = format!("(SELECT event_seq FROM applications WHERE id = {case})");
    let number = &sql.cast.number;
    format!(
        "UPDATE applications SET event_seq = event_seq + 1 WHERE id = {case}; \
         INSERT INTO events (application_id, seq, at, actor_kind, actor_id, actor_organisation_id, action, from_state, to_state, \
           from_stage, to_stage, facts, previous_hash, hash) \
         SELECT {case}, {seq}, at, actor_kind, actor_id, actor_organisation_id, action, from_state, to_state, from_stage, to_stage, \
           replace(facts, '{number}', '{FORGED}'), previous_hash, hash \
           FROM events WHERE application_id = {like} AND to_state = 'approved' AND from_state <> 'approved'; \
         UPDATE applications SET state = 'approved', stage = NULL, place = 'taken', \
           due_at = (SELECT due_at FROM applications a WHERE a.id = {like}), \
           decided_at = (SELECT decided_at FROM applications a WHERE a.id = {like}) WHERE id = {case}; \
         INSERT INTO quota_entries (application_id, event_seq, batch_id, at, movement, held_delta, taken_delta, direction, category, sponsor) \
         SELECT {case}, {seq}, batch_id, at, movement, held_delta, taken_delta, direction, category, sponsor \
           FROM quota_entries WHERE application_id = {like}; {} {}",
        authorization_for(sql, &case),
        sql.counters()
    )
}

/// A message about the forged approval, with these sealed columns.
fn message_of_approval(sql: &Sql<'_>, sealed: &str) -> String {
    let (case, like) = (sql.id(sql.cast.decision), sql.id(sql.cast.approved));
    let id = sql.id(uuid::Uuid::max());
    format!(
        "INSERT INTO notifications (id, application_id, event_seq, message, language, recipient_sealed, contents_sealed, state, attempts, \
           next_attempt_at, created_at, sent_at, channel, attempt_policy) \
         SELECT {id}, {case}, (SELECT event_seq FROM applications WHERE id = {case}), n.message, n.language, {sealed}, n.state, n.attempts, \
           n.next_attempt_at, n.created_at, n.sent_at, n.channel, n.attempt_policy \
           FROM notifications n WHERE n.application_id = {like} AND n.message = 'approved' LIMIT 1; \
         INSERT INTO delivery_attempts (notification_id, attempt, at, outcome) SELECT {id}, 1, created_at, 'sent' FROM notifications WHERE id = {id};"
    )
}
