//! JSON web tokens (RFC 7519), signed with RS256 alone (RFC 7518, 3.3).

use std::fmt;

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};

use super::claims::Claims;
use super::known::{Known, Means};
use super::published::{Published, Search};
use super::{AuthError, moment};
use crate::config::{AuthConfig, ServerConfigError};

/// The longest token that is looked at, in bytes.
const LONGEST: usize = 16 * 1_024;

/// Why a token is refused. Says what is wrong with it, and nothing of what is in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TokenError {
    /// It is no JSON web token, or signed in another way than RS256.
    #[error("the token must be a JSON web token signed with RS256")]
    Form,
    /// No key of the issuer has signed it.
    #[error("the token is not signed by a key of the issuer")]
    Signature,
    /// Another claim than those it must have.
    #[error("{0}")]
    Claim(&'static str),
    /// The keys of the issuer could never be had.
    #[error("the keys of the issuer cannot be had")]
    Issuer,
}

/// Where the issuer's keys come from.
enum Source {
    /// One key, from a file.
    File(Box<DecodingKey>),
    /// What the issuer publishes.
    Published(Box<Published>),
}

/// What tokens are checked with.
pub(crate) struct Tokens {
    validation: Validation,
    source: Source,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").field("audience", &self.validation.aud).finish_non_exhaustive()
    }
}

impl Tokens {
    /// What the settings ask for; `None` where they ask for no tokens.
    pub(crate) fn open(config: &AuthConfig) -> Result<Option<Self>, AuthError> {
        let AuthConfig { jwt_issuer, jwt_audience, jwt_key, jwks_url, oidc_issuer, .. } = config;
        let sources =
            [jwt_key.is_some(), jwks_url.is_some(), oidc_issuer.is_some()].into_iter().filter(|set| *set).count();
        if sources == 0 && jwt_issuer.is_none() && jwt_audience.is_none() {
            return Ok(None);
        }
        let refuse = |field: &str, given: &str, allowed: &str| ServerConfigError::new(field, given, allowed);
        if sources != 1 {
            let allowed = "a file, or in its place auth.jwks_url or auth.oidc_issuer; exactly one of the three";
            return Err(refuse("auth.jwt_key", "", allowed).into());
        }
        let audience = jwt_audience.clone().filter(|text| !text.is_empty());
        let audience = audience.ok_or_else(|| refuse("auth.jwt_audience", "", "the audience that tokens must name"))?;
        let issuer = || {
            let issuer = jwt_issuer.clone().filter(|text| !text.is_empty());
            issuer.ok_or_else(|| refuse("auth.jwt_issuer", "", "the issuer that tokens must name"))
        };
        let (issuer, source) = match (jwt_key, jwks_url, oidc_issuer) {
            (Some(path), ..) => {
                let pem = std::fs::read(path).map_err(|source| AuthError::Read { path: path.clone(), source })?;
                let key = DecodingKey::from_rsa_pem(&pem);
                let allowed = "a file with an RSA public key as PEM";
                let key = key.map_err(|_| refuse("auth.jwt_key", &path.display().to_string(), allowed))?;
                (issuer()?, Source::File(Box::new(key)))
            }
            (_, Some(url), _) => {
                let issuer = issuer()?;
                let published = Published::at(url, issuer.clone(), config.jwks_life)?;
                (issuer, Source::Published(Box::new(published)))
            }
            (.., Some(issuer)) => {
                if jwt_issuer.as_ref().is_some_and(|other| other != issuer) {
                    return Err(
                        refuse("auth.jwt_issuer", &issuer.clone(), "the same as auth.oidc_issuer, or none").into()
                    );
                }
                let published = Published::discovered(issuer.clone(), config.jwks_life)?;
                (issuer.clone(), Source::Published(Box::new(published)))
            }
            (None, None, None) => return Ok(None),
        };
        let mut validation = Validation::new(Algorithm::RS256);
        validation.leeway = config.leeway.as_secs();
        validation.validate_nbf = true;
        validation.set_audience(&[audience]);
        validation.set_issuer(&[issuer]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        Ok(Some(Self { validation, source }))
    }

    #[cfg(test)]
    pub(super) fn published(&self) -> Option<&Published> {
        match &self.source {
            Source::Published(published) => Some(published),
            Source::File(_) => None,
        }
    }

    /// Who the bearer of a token is.
    pub(crate) async fn check(&self, token: &str) -> Result<Known, TokenError> {
        if token.len() > LONGEST {
            return Err(TokenError::Form);
        }
        let header = decode_header(token).map_err(|_| TokenError::Form)?;
        // RFC 7515, 4.1.11: what must be understood and is not makes the token invalid.
        if header.alg != Algorithm::RS256 || header.crit.is_some() {
            return Err(TokenError::Form);
        }
        match &self.source {
            Source::File(key) => self.check_with(token, key),
            Source::Published(published) => match published.key(header.kid.as_deref()).await {
                Search::Found(key) => self.check_with(token, &key),
                Search::Absent => Err(TokenError::Signature),
                Search::Unreachable => Err(TokenError::Issuer),
            },
        }
    }

    fn check_with(&self, token: &str, key: &DecodingKey) -> Result<Known, TokenError> {
        let claims = decode::<Claims>(token, key, &self.validation).map_err(|error| match error.kind() {
            ErrorKind::InvalidSignature | ErrorKind::InvalidRsaKey(_) | ErrorKind::Provider(_) => TokenError::Signature,
            ErrorKind::ExpiredSignature => TokenError::Claim("the token has expired"),
            ErrorKind::ImmatureSignature => TokenError::Claim("the token is not valid yet"),
            ErrorKind::InvalidIssuer => TokenError::Claim("the token is from another issuer"),
            ErrorKind::InvalidAudience => TokenError::Claim("the token is for another audience"),
            ErrorKind::MissingRequiredClaim(_) | ErrorKind::InvalidClaimFormat(_) | ErrorKind::Json(_) => {
                TokenError::Claim("the token must have the claims iss, aud, sub and exp")
            }
            _ => TokenError::Form,
        })?;
        let claims = claims.claims;
        #[allow(clippy::cast_precision_loss, reason = "seconds since 1970 are far below 2^53")]
        let latest = (moment::now() / 1_000_000) as f64 + self.validation.leeway as f64;
        if claims.iat.is_some_and(|issued| issued > latest) {
            return Err(TokenError::Claim("the token was issued in the future"));
        }
        #[allow(clippy::cast_possible_truncation, reason = "a number that is too large becomes the largest")]
        let expires = (claims.exp * 1e6) as i64;
        Ok(Known { identity: claims.identity(), expires: Some(expires), means: Means::Token })
    }
}
