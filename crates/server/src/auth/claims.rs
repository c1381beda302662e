//! What a JSON web token says of its bearer (RFC 7519, RFC 9068), and what that permits here.

use serde::Deserialize;

use super::Identity;
use super::scope::{Role, Scope};
use super::secret;

/// One word, several in one text, or a list: issuers differ.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(untagged)]
enum Words {
    One(String),
    Many(Vec<String>),
    #[default]
    #[serde(skip)]
    None,
}

impl Words {
    fn iter(&self) -> impl Iterator<Item = &str> {
        let (one, many) = match self {
            Self::One(text) => (text.as_str(), &[][..]),
            Self::Many(list) => ("", list.as_slice()),
            Self::None => ("", &[][..]),
        };
        one.split_ascii_whitespace().chain(many.iter().map(String::as_str))
    }
}

/// The claims that are read. Issuer, audience and times are checked where the signature is.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Claims {
    iss: String,
    sub: String,
    pub(super) exp: f64,
    pub(super) iat: Option<f64>,
    /// RFC 9068: scopes, separated by spaces.
    #[serde(default)]
    scope: Words,
    /// The same, as Microsoft and Okta have it.
    #[serde(default)]
    scp: Words,
    /// The same, as Auth0 has it where roles give permissions.
    #[serde(default)]
    permissions: Words,
    #[serde(default)]
    role: Words,
    #[serde(default)]
    roles: Words,
    /// The program that asked for the token (RFC 8693).
    client_id: Option<String>,
    /// The same, as OpenID Connect has it.
    azp: Option<String>,
}

impl Claims {
    /// Who the bearer is. The name of a person is not taken over: the subject stands in as a hash.
    pub(super) fn identity(&self) -> Identity {
        let mut digest = secret::hash(&format!("{}#{}", self.iss, self.sub));
        digest.truncate(32);
        let id = format!("jwt:{digest}");
        let program = self.client_id.as_ref().or(self.azp.as_ref());
        let name = program.map_or_else(|| id.clone(), |program| program.chars().take(100).collect());
        Identity { id, name, scopes: self.scopes() }
    }

    fn scopes(&self) -> Vec<Scope> {
        let named: Vec<Scope> = [&self.scope, &self.scp, &self.permissions]
            .into_iter()
            .flat_map(Words::iter)
            .filter_map(Scope::of)
            .collect();
        let roles: Vec<Role> =
            [&self.role, &self.roles].into_iter().flat_map(Words::iter).filter_map(Role::of).collect();
        let given = |scope: &Scope| named.contains(scope) || roles.iter().any(|role| role.scopes().contains(scope));
        Scope::ALL.into_iter().filter(given).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn scopes(mut claims: serde_json::Value) -> Vec<Scope> {
        claims["iss"] = "https://issuer.example".into();
        claims["sub"] = "ann@example.com".into();
        claims["exp"] = 1.into();
        serde_json::from_value::<Claims>(claims).unwrap().identity().scopes
    }

    #[test]
    fn scopes_are_found_where_issuers_put_them() {
        assert_eq!(scopes(json!({"scope": "openid voicemail:detect"})), [Scope::Detect]);
        assert_eq!(scopes(json!({"scp": ["system:monitor"]})), [Scope::Monitor]);
        assert_eq!(scopes(json!({"scp": "voicemail:detect system:monitor"})), [Scope::Detect, Scope::Monitor]);
        assert_eq!(scopes(json!({"permissions": ["voicemail:admin"]})), [Scope::Admin]);
        assert_eq!(scopes(json!({"role": "client"})), [Scope::Detect]);
        assert_eq!(scopes(json!({"roles": ["auditor", "admin"]})), Scope::ALL);
        assert_eq!(scopes(json!({"roles": ["administrator"], "scope": "voicemail:administrate"})), []);
    }

    #[test]
    fn a_person_is_not_named() {
        let claims = json!({"iss": "i", "sub": "ann@example.com", "exp": 1, "azp": "dialer"});
        let identity = serde_json::from_value::<Claims>(claims).unwrap().identity();
        assert!(!format!("{identity:?}").contains("ann"));
        assert_eq!(identity.name, "dialer");
    }
}
