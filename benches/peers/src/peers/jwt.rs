//! `jsonwebtoken`: a JWT per hop, each signed with the key that the previous one names, and one
//! more for the call.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::EncodePrivateKey as _;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::story::{
    Age, Call, Fallible, LIFETIME, OPERATION, PURPOSE, Peer, REGIONS, Refusal, Sent, limit, name,
    seed,
};

/// The separator of JWTs. It occurs in none of them.
const SEPARATOR: char = '~';

pub(crate) struct Chain {
    expires: u64,
    token: String,
    holder: EncodingKey,
    root: DecodingKey,
    validation: Validation,
}

/// The claims of one hop.
#[derive(Serialize, Deserialize)]
struct Claims {
    sub: String,
    exp: u64,
    purpose: String,
    /// The delegate's key (RFC 7800).
    cnf: Confirmation,
    operation: String,
    max_limit: i32,
    regions: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct Confirmation {
    jwk: Jwk,
}

/// RFC 8037, section 2.
#[derive(Serialize, Deserialize)]
struct Jwk {
    kty: String,
    crv: String,
    x: String,
}

/// The claims of the last agent's proof for the call.
#[derive(Serialize, Deserialize)]
struct Proof {
    exp: u64,
    operation: String,
    limit: i32,
    region: String,
}

impl Chain {
    pub(crate) fn of(hops: usize, age: Age) -> Fallible<Self> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        // The library reads the clock itself, so an expired chain must really be expired.
        let expires = match age {
            Age::Fresh => now.saturating_add(LIFETIME.into()),
            Age::Expired => now.saturating_sub(LIFETIME.into()),
        };
        let jwts = (1..=hops).map(|hop| {
            let claims = Claims {
                sub: name(hop),
                exp: expires,
                purpose: PURPOSE.to_owned(),
                cnf: Confirmation { jwk: Jwk::of(&key(hop)?) },
                operation: OPERATION.to_owned(),
                max_limit: limit(hop)?,
                regions: REGIONS.map(str::to_owned).to_vec(),
            };
            sign(&claims, &encoding(hop.saturating_sub(1))?)
        });
        let token = jwts.collect::<Fallible<Vec<_>>>()?.join(&SEPARATOR.to_string());
        let root = DecodingKey::from_ed_components(&Jwk::of(&key(0)?).x)?;
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.leeway = 0;
        Ok(Self { expires, token, holder: encoding(hops)?, root, validation })
    }

    fn read<T: DeserializeOwned>(&self, jwt: &str, key: &DecodingKey) -> Result<T, Refusal> {
        match decode(jwt, key, &self.validation) {
            Ok(data) => Ok(data.claims),
            Err(error) if *error.kind() == ErrorKind::ExpiredSignature => Err(Refusal::Expired),
            Err(error) => Err(Refusal::other(error)),
        }
    }
}

impl Peer for Chain {
    type Request = Call;

    const PROVES_POSSESSION: bool = true;

    fn request(&self, call: Call) -> Fallible<Call> {
        Ok(call)
    }

    fn send(&self, call: Call) -> Fallible<Sent> {
        let proof = Proof {
            exp: self.expires,
            operation: OPERATION.to_owned(),
            limit: call.limit,
            region: call.region.to_owned(),
        };
        Ok(Sent { token: self.token.clone(), proof: sign(&proof, &self.holder)? })
    }

    fn decide(&self, sent: &Sent, call: Call) -> Result<(), Refusal> {
        let mut named: Option<DecodingKey> = None;
        for jwt in sent.token.split(SEPARATOR) {
            let key = named.as_ref().unwrap_or(&self.root);
            let claims: Claims = self.read(jwt, key)?;
            let is_within = claims.operation == OPERATION
                && call.limit <= claims.max_limit
                && claims.regions.iter().any(|region| region == call.region);
            if !is_within {
                return Err(Refusal::Argument);
            }
            let next =
                DecodingKey::from_ed_components(&claims.cnf.jwk.x).map_err(Refusal::other)?;
            named = Some(next);
        }
        let holder = named.ok_or_else(|| Refusal::other("no JWT"))?;
        let proof: Proof = self.read(&sent.proof, &holder)?;
        let is_for_this_call = proof.operation == OPERATION
            && proof.limit == call.limit
            && proof.region == call.region;
        if is_for_this_call { Ok(()) } else { Err(Refusal::Proof) }
    }
}

impl Jwk {
    fn of(key: &SigningKey) -> Self {
        Self {
            kty: "OKP".to_owned(),
            crv: "Ed25519".to_owned(),
            x: URL_SAFE_NO_PAD.encode(key.verifying_key().as_bytes()),
        }
    }
}

fn key(hop: usize) -> Fallible<SigningKey> {
    Ok(SigningKey::from_bytes(&seed(hop)?))
}

fn encoding(hop: usize) -> Fallible<EncodingKey> {
    Ok(EncodingKey::from_ed_der(key(hop)?.to_pkcs8_der()?.as_bytes()))
}

fn sign(claims: &impl Serialize, key: &EncodingKey) -> Fallible<String> {
    Ok(encode(&Header::new(Algorithm::EdDSA), claims, key)?)
}
