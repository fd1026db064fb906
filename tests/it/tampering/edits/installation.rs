//! Edits of the installation: programmes, organisations, accounts and clients.

use super::{Edit, Sql};

pub(super) fn edits(sql: &Sql<'_>) -> Vec<Edit> {
    let account = sql.id(uuid::Uuid::max());
    vec![
        sql.rows(
            "the rules of a programme are changed in place",
            "UPDATE programmes SET document = replace(document, '\"max_stay_days\":', '\"max_stay_days\":9')".to_owned(),
        ),
        sql.rows(
            "the deadline of a stage is changed in place",
            "UPDATE programmes SET document = replace(document, '\"due_days\":', '\"due_days\":9')".to_owned(),
        ),
        sql.rows(
            "a stage of a programme is renamed in place",
            "UPDATE programmes SET document = replace(document, '\"code\":\"health\"', '\"code\":\"wellness\"')".to_owned(),
        ),
        sql.rows(
            "the authority of a stage is replaced in place",
            "UPDATE programmes SET document = replace(document, '\"CN-KZ\":\"kz-moh\"', '\"CN-KZ\":\"kz-mfa\"')".to_owned(),
        ),
        sql.rows(
            "an officer becomes an administrator",
            "UPDATE accounts SET roles = 'administrator'".to_owned(),
        ),
        sql.rows(
            "the words of accounts are removed, and the addresses are replaced",
            "UPDATE journal SET words_sealed = NULL; UPDATE accounts SET email = 'a' || email, email_key = 'a' || email_key"
                .to_owned(),
        ),
        sql.rows(
            "an administrator is added",
            format!(
                "INSERT INTO accounts (id, email, email_key, name, password_hash, roles, organisation_id, language, created_at, confirmed_at) \
                 SELECT {account}, 'a@b.example', 'a@b.example', name, '$none', 'administrator', NULL, language, created_at, confirmed_at \
                 FROM accounts LIMIT 1"
            ),
        ),
        sql.rows(
            "an API client gets more scopes",
            "UPDATE api_clients SET scopes = scopes || ' audit:read'".to_owned(),
        ),
        sql.rows(
            "an organisation is renamed",
            "UPDATE organisations SET name = 'Another' WHERE code = 'steppe'".to_owned(),
        ),
        sql.rows(
            "an account with decisions is deleted",
            "DELETE FROM accounts WHERE email LIKE 'officer@%'; DELETE FROM api_clients WHERE organisation_id = \
             (SELECT id FROM organisations WHERE code = 'kz-moh')"
                .to_owned(),
        ),
    ]
}
