//! A mail server on loopback that does at every step what the test says, and keeps what it took.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// A step of a conversation, before the server answers to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// Somebody has connected.
    Banner,
    /// `EHLO`.
    Hello,
    /// `STARTTLS`.
    StartTls,
    /// `AUTH` and what follows it.
    Login,
    /// `MAIL FROM`.
    Sender,
    /// `RCPT TO`.
    Recipient,
    /// `DATA`.
    Data,
    /// The first bytes of the message are there.
    Content,
    /// The whole message is there, and the server has not taken it yet.
    Dot,
    /// The server has taken the message.
    Taken,
    /// The client knows that the server has taken the message.
    Answered,
    /// `QUIT`.
    Quit,
}

impl At {
    /// Every step, in order.
    pub const ALL: [At; 12] = [
        At::Banner,
        At::Hello,
        At::StartTls,
        At::Login,
        At::Sender,
        At::Recipient,
        At::Data,
        At::Content,
        At::Dot,
        At::Taken,
        At::Answered,
        At::Quit,
    ];
}

/// What the server does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// What a good server does.
    Go,
    /// Answers with this line.
    Say(&'static str),
    /// Answers with this line and what it was told before it, the login with everything in it.
    Repeat(&'static str),
    /// Answers with this line and closes the connection.
    SayAndClose(&'static str),
    /// Closes the connection.
    Close,
    /// Closes it with bytes unread, which resets it.
    Reset,
    /// Says nothing for longer than anybody waits.
    Stall,
    /// Says this over and over, with a short pause each time, for longer than anybody waits.
    Drip(&'static str),
    /// Says this many megabytes without the end of a line.
    Flood(usize),
}

/// Where in which conversation.
#[derive(Debug, Clone)]
pub struct Moment {
    /// The step.
    pub at: At,
    /// The number of the message over all connections, from 1; 0 before the first.
    pub message: usize,
    /// The recipient, once named.
    pub recipient: String,
}

/// A message that the server took.
#[derive(Debug, Clone)]
pub struct Taken {
    /// To whom.
    pub recipient: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Which encryption the server offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offers {
    /// None.
    Plain,
    /// STARTTLS.
    StartTls,
    /// TLS from the first byte.
    Tls,
}

type Script = dyn Fn(&Moment) -> Act + Send + Sync;

/// A running server; it ends with the test.
pub struct Server {
    /// Where it listens.
    pub port: u16,
    inner: Arc<Inner>,
}

struct Inner {
    script: Box<Script>,
    offers: Offers,
    tls: Option<Arc<ServerConfig>>,
    taken: Mutex<Vec<Taken>>,
    logins: Mutex<Vec<String>>,
    connections: AtomicUsize,
    messages: AtomicUsize,
}

/// A certificate authority of one's own and a server certificate for `localhost` from it.
pub struct Authority {
    authority: String,
    chain: Vec<CertificateDer<'static>>,
    key: Vec<u8>,
}

impl Authority {
    /// A new authority.
    pub fn new() -> Self {
        let key = rcgen::KeyPair::generate().expect("a key");
        let mut params = rcgen::CertificateParams::new(Vec::new()).expect("parameters");
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let root = params.self_signed(&key).expect("a root");
        let issuer = rcgen::Issuer::from_params(&params, &key);
        let leaf_key = rcgen::KeyPair::generate().expect("a key");
        let leaf = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).expect("parameters");
        let leaf = leaf.signed_by(&leaf_key, &issuer).expect("a certificate");
        Self { authority: root.pem(), chain: vec![leaf.der().clone()], key: leaf_key.serialize_der() }
    }

    /// Writes the authority's certificate in PEM.
    pub fn write(&self, path: &Path) {
        std::fs::write(path, &self.authority).expect("written");
    }

    /// The server's certificate and key in PEM.
    pub fn server_pem(&self) -> (String, String) {
        let pem = |label: &str, der: &[u8]| {
            let text = base64(der);
            let lines: Vec<&str> =
                text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).expect("ASCII")).collect();
            format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
        };
        (pem("CERTIFICATE", self.chain[0].as_ref()), pem("PRIVATE KEY", &self.key))
    }

    fn config(&self) -> Arc<ServerConfig> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let key = PrivateKeyDer::try_from(self.key.clone()).expect("a key");
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(self.chain.clone(), key)
            .expect("a certificate");
        Arc::new(config)
    }
}

/// Bytes in base64.
pub fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for three in bytes.chunks(3) {
        let number = three.iter().fold(0_u32, |n, b| n << 8 | u32::from(*b)) << (8 * (3 - three.len()));
        for i in 0..4 {
            let letter = LETTERS[(number >> (18 - 6 * i) & 63) as usize] as char;
            out.push(if i <= three.len() { letter } else { '=' });
        }
    }
    out
}

impl Server {
    /// A server that does what the script says.
    pub fn start(script: impl Fn(&Moment) -> Act + Send + Sync + 'static) -> Self {
        Self::encrypted(Offers::Plain, None, script)
    }

    /// A server with encryption.
    pub fn encrypted(
        offers: Offers,
        authority: Option<&Authority>,
        script: impl Fn(&Moment) -> Act + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let inner = Arc::new(Inner {
            script: Box::new(script),
            offers,
            tls: authority.map(Authority::config),
            taken: Mutex::default(),
            logins: Mutex::default(),
            connections: AtomicUsize::new(0),
            messages: AtomicUsize::new(0),
        });
        let serving = inner.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let inner = serving.clone();
                thread::spawn(move || inner.serve(stream));
            }
        });
        Self { port, inner }
    }

    /// What the server took, in order.
    pub fn taken(&self) -> Vec<Taken> {
        self.inner.taken.lock().expect("whole").clone()
    }

    /// The lines of every login.
    pub fn logins(&self) -> Vec<String> {
        self.inner.logins.lock().expect("whole").clone()
    }

    /// How many connections there were.
    pub fn connections(&self) -> usize {
        self.inner.connections.load(Ordering::SeqCst)
    }
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ServerConnection, TcpStream>>),
}

impl Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Stream::Plain(stream) => stream.read(buffer),
            Stream::Tls(stream) => stream.read(buffer),
        }
    }

    fn write(&mut self, text: &str) -> io::Result<()> {
        match self {
            Stream::Plain(stream) => stream.write_all(text.as_bytes()),
            Stream::Tls(stream) => stream.write_all(text.as_bytes()).and_then(|()| stream.flush()),
        }
    }
}

/// The end of a conversation.
struct Over;

impl From<io::Error> for Over {
    fn from(_: io::Error) -> Self {
        Over
    }
}

struct Talk<'i> {
    inner: &'i Inner,
    stream: Stream,
    moment: Moment,
}

impl Inner {
    fn serve(&self, stream: TcpStream) {
        self.connections.fetch_add(1, Ordering::SeqCst);
        let stream = match &self.tls {
            Some(tls) if self.offers == Offers::Tls => match ServerConnection::new(tls.clone()) {
                Ok(connection) => Stream::Tls(Box::new(StreamOwned::new(connection, stream))),
                Err(_) => return,
            },
            _ => Stream::Plain(stream),
        };
        let moment = Moment { at: At::Banner, message: 0, recipient: String::new() };
        let _ = Talk { inner: self, stream, moment }.talk();
    }
}

impl Talk<'_> {
    /// Does what the script says at a step, or else gives the answer of a good server.
    fn answer(&mut self, at: At, good: &str) -> Result<bool, Over> {
        self.moment.at = at;
        match (self.inner.script)(&self.moment) {
            Act::Go => {
                self.stream.write(&format!("{good}\r\n"))?;
                Ok(true)
            }
            act => self.act(act),
        }
    }

    fn act(&mut self, act: Act) -> Result<bool, Over> {
        match act {
            Act::Go => Ok(true),
            Act::Say(line) => {
                self.stream.write(&format!("{line}\r\n"))?;
                Ok(false)
            }
            Act::Repeat(line) => {
                let told = self.inner.logins.lock().expect("whole").last().cloned().unwrap_or_default();
                self.stream.write(&format!("{line} {told}\r\n"))?;
                Ok(false)
            }
            Act::SayAndClose(line) => {
                self.stream.write(&format!("{line}\r\n"))?;
                Err(Over)
            }
            Act::Close => Err(Over),
            Act::Reset => {
                // By now all that the client has written lies unread in the buffers between.
                thread::sleep(Duration::from_millis(500));
                Err(Over)
            }
            Act::Stall => {
                thread::sleep(Duration::from_secs(20));
                Err(Over)
            }
            Act::Drip(piece) => {
                for _ in 0..300 {
                    self.stream.write(piece)?;
                    thread::sleep(Duration::from_millis(100));
                }
                Err(Over)
            }
            Act::Flood(megabytes) => {
                self.stream.write("220 ")?;
                let piece = "x".repeat(1024 * 1024);
                for _ in 0..megabytes {
                    self.stream.write(&piece)?;
                }
                Err(Over)
            }
        }
    }

    fn line(&mut self) -> Result<String, Over> {
        let (mut line, mut byte) = (Vec::new(), [0_u8]);
        while !line.ends_with(b"\r\n") {
            if self.stream.read(&mut byte)? == 0 {
                return Err(Over);
            }
            line.push(byte[0]);
        }
        Ok(String::from_utf8_lossy(&line).trim_end().to_owned())
    }

    fn talk(mut self) -> Result<(), Over> {
        self.answer(At::Banner, "220 mail.icb.example ready")?;
        loop {
            let line = self.line()?;
            let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
            match verb.as_str() {
                "EHLO" => {
                    let starttls =
                        self.inner.offers == Offers::StartTls && matches!(self.stream, Stream::Plain(_));
                    let starttls = if starttls { "250-STARTTLS\r\n" } else { "" };
                    let good = format!(
                        "250-mail.icb.example\r\n{starttls}250-AUTH PLAIN LOGIN XOAUTH2\r\n250 8BITMIME"
                    );
                    self.answer(At::Hello, &good)?;
                }
                "STARTTLS" => self.encrypt()?,
                "AUTH" => self.log_in(&line)?,
                "MAIL" => {
                    self.moment.message = self.inner.messages.fetch_add(1, Ordering::SeqCst) + 1;
                    self.answer(At::Sender, "250 2.1.0 ok")?;
                }
                "RCPT" => {
                    let address = line.split(['<', '>']).nth(1).unwrap_or_default();
                    self.moment.recipient = address.to_owned();
                    self.answer(At::Recipient, "250 2.1.5 ok")?;
                }
                "DATA" => {
                    if self.answer(At::Data, "354 go on")? {
                        self.content()?;
                    }
                }
                "RSET" | "NOOP" => self.stream.write("250 2.0.0 ok\r\n")?,
                "QUIT" => {
                    self.answer(At::Quit, "221 2.0.0 goodbye")?;
                    return Ok(());
                }
                _ => self.stream.write("500 5.5.1 what?\r\n")?,
            }
        }
    }

    fn encrypt(&mut self) -> Result<(), Over> {
        if !self.answer(At::StartTls, "220 2.0.0 go on")? {
            return Ok(());
        }
        let tls = self.inner.tls.clone().ok_or(Over)?;
        let Stream::Plain(plain) = &self.stream else { return Err(Over) };
        let connection = ServerConnection::new(tls).map_err(|_| Over)?;
        self.stream = Stream::Tls(Box::new(StreamOwned::new(connection, plain.try_clone()?)));
        Ok(())
    }

    fn log_in(&mut self, line: &str) -> Result<(), Over> {
        let mut said = line.to_owned();
        if line.to_ascii_uppercase().starts_with("AUTH LOGIN") {
            for challenge in ["334 VXNlcm5hbWU6\r\n", "334 UGFzc3dvcmQ6\r\n"] {
                self.stream.write(challenge)?;
                said = format!("{said} {}", self.line()?);
            }
        }
        self.inner.logins.lock().expect("whole").push(said);
        self.moment.at = At::Login;
        let act = (self.inner.script)(&self.moment);
        if let Act::Say(refusal) = act
            && line.to_ascii_uppercase().starts_with("AUTH XOAUTH2")
        {
            // A server that refuses a token says why in a challenge, and refuses after an empty line.
            self.stream.write("334 eyJzdGF0dXMiOiI0MDAifQ==\r\n")?;
            self.line()?;
            self.stream.write(&format!("{refusal}\r\n"))?;
            return Ok(());
        }
        match act {
            Act::Go => Ok(self.stream.write("235 2.7.0 welcome\r\n")?),
            act => self.act(act).map(|_| ()),
        }
    }

    fn content(&mut self) -> Result<(), Over> {
        let mut bytes = Vec::new();
        let mut buffer = [0_u8; 4096];
        let mut begun = false;
        while !bytes.ends_with(b"\r\n.\r\n") {
            let read = self.stream.read(&mut buffer)?;
            if read == 0 {
                return Err(Over);
            }
            bytes.extend_from_slice(&buffer[..read]);
            if !begun {
                begun = true;
                self.moment.at = At::Content;
                let act = (self.inner.script)(&self.moment);
                self.act(act)?;
            }
        }
        self.moment.at = At::Dot;
        let act = (self.inner.script)(&self.moment);
        if act != Act::Go {
            return self.act(act).map(|_| ());
        }
        bytes.truncate(bytes.len() - 3);
        let recipient = self.moment.recipient.clone();
        self.inner.taken.lock().expect("whole").push(Taken { recipient, bytes: unstuffed(&bytes) });
        let queue = format!("250 2.0.0 Ok: queued as Q{}", self.moment.message);
        if self.answer(At::Taken, &queue)? {
            self.moment.at = At::Answered;
            let act = (self.inner.script)(&self.moment);
            self.act(act)?;
        }
        Ok(())
    }
}

/// The message without the dots that were doubled on the way.
fn unstuffed(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    for (i, byte) in bytes.iter().enumerate() {
        let doubled = *byte == b'.'
            && out.ends_with(b"\r\n")
            && bytes.get(i.wrapping_sub(2)..i) == Some(b"\r\n")
            && bytes.get(i + 1).is_some_and(|next| *next == b'.');
        if !doubled {
            out.push(*byte);
        }
    }
    out
}
