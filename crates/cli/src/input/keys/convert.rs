//! The commands that turn a key of another program into one that is read.

/// The files that the commands write.
const PRIVATE: &str = "NEW.key";
const PUBLIC: &str = "NEW.pub";

/// The beginning of every private Ed25519 key in PKCS#8 (RFC 8410), before its seed.
const PKCS8: &str = r"printf '\060\056\002\001\000\060\005\006\003\053\145\160\004\042\004\040'";

/// From base64, in either alphabet and without white space, to bytes.
const FROM_BASE64: &str = "openssl base64 -d -A";

/// From bytes to hexadecimal digits on one line.
const TO_HEX: &str = r"od -An -v -tx1 | tr -d ' \n'";

/// The way from one form to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Conversion {
    /// From any PEM that OpenSSL reads, such as an encrypted one.
    Pem,
    /// From PKCS#8 in DER.
    Der,
    /// The same as base64 without the lines of PEM.
    DerInBase64,
    /// From PKCS#8 with the public half, in DER: its seed is behind a header of 16 bytes.
    DerWithPublic,
    /// The same in PEM.
    PemWithPublic,
    /// The same as base64.
    DerWithPublicInBase64,
    /// From PKCS#12.
    Pkcs12,
    /// From a seed, and maybe the public half behind it: as it is.
    Seed,
    /// In hexadecimal.
    SeedInHex,
    /// In base64 that needs this end.
    SeedInBase64 { padding: &'static str },
    /// As a list of numbers.
    SeedInNumbers,
    /// From the member `d` of a JWK.
    SeedInJwk,
    /// From an encrypted key of OpenSSH. A copy: the user's own key stays encrypted.
    EncryptedOpenssh,
    /// From a key of OpenSSH without the lines of PEM.
    OpensshInBase64,
    /// From a key of PuTTY.
    Putty,
    /// The public half of a private key that is read.
    PublicOfRead,
    /// The public half of PEM that OpenSSL reads.
    PublicOfPem,
    /// The public half of PKCS#8 in DER.
    PublicOfDer,
    /// The public half of a key of OpenSSH.
    PublicOfOpenssh,
    /// The key of a certificate in PEM.
    PublicOfCertificate,
    /// The key of a request for a certificate, in PEM.
    PublicOfRequest,
    /// From a `SubjectPublicKeyInfo` in DER.
    PublicDer,
    /// The same as base64 without the lines of PEM.
    PublicDerInBase64,
    /// From the 32 bytes of a key: as they are.
    PublicBytes,
    /// In hexadecimal.
    PublicInHex,
    /// In base64 that needs this end.
    PublicInBase64 { padding: &'static str },
    /// From the member `x` of a JWK.
    PublicInJwk,
    /// From the file format of SSH (RFC 4716).
    PublicSsh2,
    /// From an SSH line without its first word.
    PublicSshInBase64,
}

impl Conversion {
    /// Returns the command for the file with this name, in the words of a shell.
    pub(super) fn command(self, file: &str) -> String {
        let plain = format!("tr -d '[:space:]' < {file} | tr -- -_ +/");
        let padded = |padding: &str| format!("{plain} | sed 's/=*$/{padding}/' | {FROM_BASE64}");
        let member = |name: &str| {
            format!(
                r#"sed -n 's/.*"{name}"[[:space:]]*:[[:space:]]*"\([^"=]*\).*/\1=/p' {file} | tr -- -_ +/ | {FROM_BASE64}"#
            )
        };
        let key =
            |seed: &str| format!("({PKCS8}; {seed}) | openssl pkey -inform DER -out {PRIVATE}");
        let hex = |digits: &str| format!("echo \"ed25519/$({digits})\" > {PUBLIC}");
        match self {
            Self::Pem => format!("openssl pkey -in {file} -out {PRIVATE}"),
            Self::Der => format!("openssl pkey -inform DER -in {file} -out {PRIVATE}"),
            Self::DerInBase64 => {
                format!("{plain} | {FROM_BASE64} | openssl pkey -inform DER -out {PRIVATE}")
            }
            Self::DerWithPublic => key(&format!("tail -c +17 < {file} | head -c 32")),
            Self::PemWithPublic => {
                let body = format!("sed -n '/-BEGIN PRIVATE/,/-END PRIVATE/p' {file}");
                key(&format!(
                    "{body} | sed '/---/d' | tr -d '[:space:]' | {FROM_BASE64} | tail -c +17 | head -c 32"
                ))
            }
            Self::DerWithPublicInBase64 => {
                key(&format!("{plain} | {FROM_BASE64} | tail -c +17 | head -c 32"))
            }
            Self::Pkcs12 => format!("openssl pkcs12 -in {file} -nocerts -nodes -out {PRIVATE}"),
            Self::Seed => key(&format!("head -c 32 < {file}")),
            Self::SeedInHex => key(&format!(
                r#"perl -0777 -ne 's{{^.*[/xX]}}{{}}s; s/[^0-9A-Fa-f]//g; print pack "H64", $_' < {file}"#
            )),
            Self::SeedInBase64 { padding } => key(&format!("{} | head -c 32", padded(padding))),
            Self::SeedInNumbers => {
                key(&format!(r#"perl -0777 -ne 'print pack "C32", /\d+/g' < {file}"#))
            }
            Self::SeedInJwk => key(&member("d")),
            Self::EncryptedOpenssh => {
                format!("cp {file} {PRIVATE} && ssh-keygen -p -N '' -f {PRIVATE}")
            }
            Self::OpensshInBase64 => {
                // In two pieces: a message with a whole line would pass for a key itself.
                let [begin, end] = ["BEGIN", "END"]
                    .map(|word| format!("echo '-----{word} OPENSSH PRIVATE KEY'-----"));
                format!("(umask 077; ({begin}; cat {file}; echo; {end}) > {PRIVATE})")
            }
            Self::Putty => format!("puttygen {file} -O private-openssh -o {PRIVATE}"),
            Self::PublicOfRead => format!("deputize pubkey {file} > {PUBLIC}"),
            Self::PublicOfPem => format!("openssl pkey -in {file} -pubout -out {PUBLIC}"),
            Self::PublicOfDer => {
                format!("openssl pkey -inform DER -in {file} -pubout -out {PUBLIC}")
            }
            Self::PublicOfOpenssh => format!("ssh-keygen -y -f {file} > {PUBLIC}"),
            Self::PublicOfCertificate => {
                format!("openssl x509 -in {file} -pubkey -noout > {PUBLIC}")
            }
            Self::PublicOfRequest => format!("openssl req -in {file} -pubkey -noout > {PUBLIC}"),
            Self::PublicDer => format!("openssl pkey -pubin -inform DER -in {file} -out {PUBLIC}"),
            Self::PublicDerInBase64 => {
                format!("{plain} | {FROM_BASE64} | openssl pkey -pubin -inform DER -out {PUBLIC}")
            }
            Self::PublicBytes => hex(&format!("cat < {file} | {TO_HEX}")),
            Self::PublicInHex => {
                hex(&format!("tr -d ':[:space:]' < {file} | sed 's/^0[xX]//' | tr A-F a-f"))
            }
            Self::PublicInBase64 { padding } => hex(&format!("{} | {TO_HEX}", padded(padding))),
            Self::PublicInJwk => hex(&format!("{} | {TO_HEX}", member("x"))),
            Self::PublicSsh2 => format!("ssh-keygen -i -f {file} > {PUBLIC}"),
            Self::PublicSshInBase64 => {
                format!("echo \"ssh-ed25519 $(tr -d '[:space:]' < {file})\" > {PUBLIC}")
            }
        }
    }
}
