//! The JSON form of an ask.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use time::Duration;

use crate::capability::Capability;
use crate::holder::ask::message::Ask;
use crate::holder::ask::wish::Wish;
use crate::instant::UnixTime;
use crate::key::{PublicKey, Signature};
use crate::principal::Principal;
use crate::text::json::FromObject;

impl Serialize for Ask {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Fields<'a> {
            asker: &'a Principal,
            delegator: PublicKey,
            capabilities: &'a [Capability],
            max_hops: u32,
            lifetime: u64,
            purpose: &'a str,
            issued: u64,
            until: u64,
            id: String,
            signature: String,
        }
        let Wish { asker, capabilities, max_hops, lifetime, purpose } = &self.wish;
        let fields = Fields {
            asker,
            delegator: self.delegator,
            capabilities,
            max_hops: *max_hops,
            lifetime: *lifetime,
            purpose,
            issued: self.issued.seconds(),
            until: self.until.seconds(),
            id: hex::encode(self.id),
            signature: hex::encode(self.signature.to_bytes()),
        };
        fields.serialize(serializer)
    }
}

/// Reads the JSON form strictly, and checks the signature.
impl<'de> Deserialize<'de> for Ask {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Fields {
            asker: Principal,
            delegator: PublicKey,
            capabilities: Vec<Capability>,
            max_hops: u32,
            lifetime: u64,
            purpose: String,
            issued: u64,
            until: u64,
            id: String,
            signature: String,
        }
        let FromObject(fields) = FromObject::<Fields>::deserialize(deserializer)?;
        let seconds = i64::try_from(fields.lifetime)
            .map_err(|_| D::Error::custom("`lifetime` is out of range"))?;
        let lifetime = Duration::seconds(seconds);
        let wish = Wish::new(fields.asker, fields.capabilities, lifetime, fields.purpose)
            .and_then(|wish| wish.with_max_hops(fields.max_hops))
            .map_err(D::Error::custom)?;
        let time = |name: &str, seconds| {
            UnixTime::from_seconds(seconds)
                .ok_or_else(|| D::Error::custom(format_args!("`{name}` is after the year 9999")))
        };
        let ask = Self {
            wish,
            delegator: fields.delegator,
            issued: time("issued", fields.issued)?,
            until: time("until", fields.until)?,
            id: bytes::<16, D>("id", &fields.id)?,
            signature: Signature::from_bytes(&bytes::<64, D>("signature", &fields.signature)?),
        };
        ask.verified().map_err(D::Error::custom)
    }
}

/// Reads lower-case hexadecimal digits, the one spelling.
fn bytes<'de, const N: usize, D: Deserializer<'de>>(
    name: &str,
    text: &str,
) -> Result<[u8; N], D::Error> {
    let bytes: Option<[u8; N]> = hex::decode(text).ok().and_then(|bytes| bytes.try_into().ok());
    bytes.filter(|bytes| hex::encode(bytes) == text).ok_or_else(|| {
        D::Error::custom(format_args!("`{name}` must be {N} bytes in lower-case hexadecimal"))
    })
}
