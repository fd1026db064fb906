//! Edits of the installation: programmes, organisations, accounts and clients.

use super::{Edit, Sql, because};

pub(super) fn edits(sql: &Sql<'_>) -> Vec<Edit> {
    let account = sql.id(uuid::Uuid::max());
    vec![
        sql.rows(
            "the rules of a programme are changed in place",
            because::JOURNAL,
            "UPDATE programmes SET document = replace(document, '\"max_stay_days\":', '\"max_stay_days\":9')".to_owned(),
        ),
        sql.rows(
            "the deadline of a stage is changed in place",
            because::JOURNAL,
            "UPDATE programmes SET document = replace(document, '\"due_days\":', '\"due_days\":9')".to_owned(),
        ),
        sql.rows(
            "a stage of a programme is renamed in place",
            because::JOURNAL,
            "UPDATE programmes SET document = replace(document, '\"code\":\"health\"', '\"code\":\"wellness\"')".to_owned(),
        ),
        sql.rows(
            "the authority of a stage is replaced in place",
            because::JOURNAL,
            "UPDATE programmes SET document = replace(document, '\"CN-KZ\":\"kz-moh\"', '\"CN-KZ\":\"kz-mfa\"')".to_owned(),
        ),
        sql.rows(
            "an officer becomes an administrator",
            because::JOURNAL,
            "UPDATE accounts SET roles = 'administrator'".to_owned(),
        ),
        sql.rows(
            "an administrator is added",
            because::JOURNAL,
            format!(
                "INSERT INTO accounts (id, email, email_key, name, password_hash, roles, organisation_id, language, created_at, confirmed_at) \
                 SELECT {account}, 'a@b.example', 'a@b.example', name, '$none', 'administrator', NULL, language, created_at, confirmed_at \
                 FROM accounts LIMIT 1"
            ),
        ),
        sql.rows(
            "an API client gets more scopes",
            because::JOURNAL,
            "UPDATE api_clients SET scopes = scopes || ' audit:read'".to_owned(),
        ),
        sql.rows(
            "an organisation is renamed",
            because::JOURNAL,
            "UPDATE organisations SET name = 'Another' WHERE code = 'steppe'".to_owned(),
        ),
        sql.rows(
            "an account with decisions is deleted",
            because::NEVER,
            "DELETE FROM accounts WHERE email LIKE 'officer@%'; DELETE FROM api_clients WHERE organisation_id = \
             (SELECT id FROM organisations WHERE code = 'kz-moh')"
                .to_owned(),
        ),
    ]
}
