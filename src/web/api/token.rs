//! `/api/v1/token`: OAuth 2.0 client credentials (RFC 6749 §4.4) for access tokens (RFC 9068, EdDSA, 15 minutes), and
//! the public keys that verify them.

use std::sync::LazyLock;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web,
};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use crate::{
    digest,
    domain::actor::Scope,
    random,
    store::api_client::ApiClient,
    web::{Code, Problem, Service, Site, request_body},
    workflow::{WorkflowError, people::authenticate_client, security_log},
};

/// How long a token is valid, in seconds.
const LIFETIME: i64 = 15 * 60;
/// The type of an access token (RFC 9068 §2.1). Tokens of other types are signed with keys of other purposes, and none of
/// them is an access token.
const TYPE: &str = "at+jwt";
/// The tolerated difference between the clocks of instances, in seconds.
const LEEWAY: i64 = 5 * 60;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/api/v1/token").post(issue))
        .service(web::resource("/.well-known/jwks.json").get(jwks));
}

/// The claims of a token.
#[derive(Serialize, Deserialize)]
pub(super) struct Claims {
    iss: String,
    aud: String,
    sub: String,
    pub(super) client_id: String,
    scope: String,
    iat: i64,
    exp: i64,
    jti: String,
    /// Recognises the secret that the token was issued for. None: an older instance has issued it.
    #[serde(default)]
    pub(super) secret_mark: Option<String>,
}

#[derive(Deserialize, ToSchema)]
pub(super) struct TokenRequest {
    #[schema(example = "client_credentials")]
    grant_type: Option<String>,
    /// The requested scopes. Default: all scopes of the client.
    scope: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct TokenBody {
    access_token: String,
    #[schema(example = "Bearer")]
    token_type: &'static str,
    #[schema(example = 900)]
    expires_in: i64,
    scope: String,
}

/// Issues an access token to an API client. The client sends its id and secret by HTTP Basic or in the form.
#[utoipa::path(post, path = "/api/v1/token", tag = "token", security(()),
    request_body(content = TokenRequest, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, body = TokenBody), (status = 400), (status = 401)))]
pub(super) async fn issue(
    site: web::Data<Site>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let body = match request_body::read(&request, payload.into_inner(), request_body::is_form).await {
        Err(problem) if problem.code == Code::UnsupportedMediaType => {
            return Ok(error_response(
                StatusCode::BAD_REQUEST,
                "invalid_request",
                "Send a form: application/x-www-form-urlencoded.",
            ));
        }
        body => body?,
    };
    let Ok(form) = serde_html_form::from_bytes::<TokenRequest>(&body) else {
        return Ok(error_response(
            StatusCode::BAD_REQUEST,
            "invalid_request",
            "A parameter is repeated or malformed.",
        ));
    };
    match form.grant_type.as_deref() {
        Some("client_credentials") => {}
        None => {
            return Ok(error_response(StatusCode::BAD_REQUEST, "invalid_request", "grant_type is missing."));
        }
        Some(_) => {
            return Ok(error_response(
                StatusCode::BAD_REQUEST,
                "unsupported_grant_type",
                "Use grant_type=client_credentials.",
            ));
        }
    }
    let Some((client_id, client_secret)) =
        basic_credentials(&request).or_else(|| form.client_id.zip(form.client_secret))
    else {
        return Ok(error_response(
            StatusCode::UNAUTHORIZED,
            "invalid_client",
            "Send client_id and client_secret.",
        ));
    };
    let found = authenticate_client::by_secret(
        &site.service,
        client_id.clone(),
        &client_secret,
        site.network_of(&request),
    );
    let client = match found.await {
        Ok(client) => client,
        Err(WorkflowError::SignInFailed) => {
            return Ok(error_response(
                StatusCode::UNAUTHORIZED,
                "invalid_client",
                "The client_id or the client_secret is wrong.",
            ));
        }
        Err(error) => return Err(error.into()),
    };
    let Some(scope) = granted_scope(&client, form.scope.as_deref()) else {
        return Ok(error_response(
            StatusCode::BAD_REQUEST,
            "invalid_scope",
            "The client may not ask for this scope.",
        ));
    };
    let access_token = sign(&site, &client, &scope)?;
    security_log::token_issued(&client);
    let body = TokenBody { access_token, token_type: "Bearer", expires_in: LIFETIME, scope };
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(body))
}

/// The public keys that verify access tokens (RFC 7517).
#[utoipa::path(get, path = "/.well-known/jwks.json", tag = "token", security(()), responses((status = 200)))]
pub(super) async fn jwks(service: web::Data<Service>) -> Result<HttpResponse, Problem> {
    let mut keys = Vec::new();
    for seed in service.keys().signing_seeds(oldest_issue(&service)) {
        let key = Key::of(&seed)?;
        let x = BASE64_URL_SAFE_NO_PAD.encode(&key.public);
        keys.push(
            json!({ "kty": "OKP", "crv": "Ed25519", "x": x, "kid": key.id, "alg": "EdDSA", "use": "sig" }),
        );
    }
    let body = json!({ "keys": keys });
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "public, max-age=300")).json(body))
}

/// RFC 6749 §5.2.
fn error_response(status: StatusCode, error: &str, description: &str) -> HttpResponse {
    let mut answer = HttpResponse::build(status);
    if status == StatusCode::UNAUTHORIZED {
        answer.insert_header((header::WWW_AUTHENTICATE, "Basic realm=\"corridor\", charset=\"UTF-8\""));
    }
    answer
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(json!({ "error": error, "error_description": description }))
}

/// Client id and secret from HTTP Basic, each form-encoded (RFC 6749 §2.3.1).
fn basic_credentials(request: &HttpRequest) -> Option<(String, String)> {
    let value = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(BASE64_STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    let decoded = |part: &str| {
        let pair = format!("x={part}");
        url::form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned())
    };
    decoded(id).zip(decoded(secret))
}

/// The requested scopes, if the client has all of them.
fn granted_scope(client: &ApiClient, asked: Option<&str>) -> Option<String> {
    let own: Vec<&str> = client.scopes.iter().map(|scope| scope.as_str()).collect();
    match asked.map(str::trim).filter(|asked| !asked.is_empty()) {
        None => Some(own.join(" ")),
        Some(asked) => asked.split_whitespace().all(|scope| own.contains(&scope)).then(|| asked.to_owned()),
    }
}

struct Key {
    id: String,
    public: Vec<u8>,
    encoding: EncodingKey,
}

impl Key {
    fn of(seed: &[u8; 32]) -> Result<Self, Problem> {
        /// The bytes before an Ed25519 seed in PKCS#8 version 1 (RFC 8410 §7).
        const PKCS8: [u8; 16] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
        let pair = Ed25519KeyPair::from_seed_unchecked(seed)
            .map_err(|e| Problem::new(Code::Internal).caused_by(format!("the signing key: {e}")))?;
        let public = pair.public_key().as_ref().to_vec();
        let der = [PKCS8.as_slice(), seed].concat();
        // The key's thumbprint (RFC 7638, RFC 8037 §A.3).
        let x = BASE64_URL_SAFE_NO_PAD.encode(&public);
        let thumbprint = digest::sha256(format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#).as_bytes());
        Ok(Self {
            id: BASE64_URL_SAFE_NO_PAD.encode(thumbprint),
            public,
            encoding: EncodingKey::from_ed_der(&der),
        })
    }
}

fn sign(site: &Site, client: &ApiClient, scope: &str) -> Result<String, Problem> {
    let (key, now) = (Key::of(&site.service.keys().signing_seed())?, site.service.now());
    let issuer = issuer(site);
    let claims = Claims {
        aud: issuer.clone(),
        iss: issuer,
        sub: client.client_id.clone(),
        client_id: client.client_id.clone(),
        scope: scope.to_owned(),
        iat: now.as_second(),
        exp: now.as_second() + LIFETIME,
        jti: random::id().to_string(),
        secret_mark: Some(client.secret_mark()),
    };
    let mut header = Header::new(Algorithm::EdDSA);
    header.typ = Some(TYPE.to_owned());
    header.kid = Some(key.id);
    jsonwebtoken::encode(&header, &claims, &key.encoding)
        .map_err(|e| Problem::new(Code::Internal).caused_by(format!("a token cannot be signed: {e}")))
}

static VALIDATION: LazyLock<Validation> = LazyLock::new(|| {
    let mut validation = Validation::new(Algorithm::EdDSA);
    // `check` compares with the service's clock; this library would use the machine's.
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.set_required_spec_claims(&["exp", "iss", "sub"]);
    validation
});

/// The claims of a token that this service signed and that has not expired.
pub(super) fn check(site: &Site, token: &str) -> Result<Option<Claims>, Problem> {
    let Some(key) = key_of(&site.service, token)? else { return Ok(None) };
    let decoded = jsonwebtoken::decode::<Claims>(token, &DecodingKey::from_ed_der(&key.public), &VALIDATION);
    let claims = decoded.ok().map(|data| data.claims);
    let (now, issuer) = (site.service.now().as_second(), issuer(site));
    // The library would also accept a list that contains the audience; ours is one text.
    Ok(claims.filter(|claims| claims.exp > now && claims.iss == issuer && claims.aud == issuer))
}

/// The key that the token names, if tokens signed with it can still be valid.
fn key_of(service: &Service, token: &str) -> Result<Option<Key>, Problem> {
    let Ok(Header { kid: Some(id), typ: Some(kind), .. }) = jsonwebtoken::decode_header(token) else {
        return Ok(None);
    };
    // A media type is compared without regard to case, and may be written in full (RFC 7515 §4.1.9).
    let kind = kind.to_ascii_lowercase();
    if kind.strip_prefix("application/").unwrap_or(&kind) != TYPE {
        return Ok(None);
    }
    let find = |seeds: Vec<[u8; 32]>| {
        let keys = seeds.iter().map(Key::of).collect::<Result<Vec<_>, _>>()?;
        Ok::<_, Problem>(keys.into_iter().find(|key| key.id == id))
    };
    let (keyring, since) = (service.keys(), oldest_issue(service));
    if let Some(key) = find(keyring.signing_seeds(since))? {
        return Ok(Some(key));
    }
    let reloaded = keyring.signing_seeds_reloaded(since);
    find(reloaded.map_err(|error| Problem::new(Code::Internal).caused_by(error))?)
}

/// Tokens issued before this moment have expired.
fn oldest_issue(service: &Service) -> Timestamp {
    service.now() - SignedDuration::from_secs(LIFETIME + LEEWAY)
}

impl Claims {
    /// The scopes of this token.
    pub(super) fn scopes(&self) -> Vec<Scope> {
        self.scope.split(' ').filter_map(|code| code.parse().ok()).collect()
    }

    /// When the token expires.
    pub(super) fn expires_at(&self) -> Timestamp {
        Timestamp::from_second(self.exp).unwrap_or(Timestamp::MAX)
    }
}

fn issuer(site: &Site) -> String {
    site.public_url.as_str().trim_end_matches('/').to_owned()
}
