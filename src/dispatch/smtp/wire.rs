//! A connection to a mail server in which every wait has an end, and whatever the server says a bound.
//!
//! A time limit for each read is none for an answer: a server that sends a byte now and then keeps it from
//! running out for ever. So what is limited is the moment by which a step is over, however many reads and
//! writes it takes, the handshake of the encryption included.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use lettre::transport::smtp::response::Response;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};

use super::fault::Kind;
use crate::dispatch::Answer;

/// The longest line that a server may answer with; RFC 5321 allows 512 bytes.
const LONGEST_LINE: usize = 4 * 1024;
/// The longest answer, all its lines together.
const LONGEST_ANSWER: usize = 64 * 1024;

/// The moment by which something is to be over.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadline(Instant);

impl Deadline {
    /// So long from now on.
    pub(super) fn within(time: Duration) -> Self {
        let now = Instant::now();
        // A time that no clock can count to ends at once instead of never.
        Self(now.checked_add(time).unwrap_or(now))
    }

    /// The earlier of two.
    pub(super) fn or(self, other: Self) -> Self {
        Self(self.0.min(other.0))
    }

    /// What is left of it; an error once nothing is.
    fn left(self) -> io::Result<Duration> {
        let left = self.0.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
    }
}

/// A socket whose reads and writes are over by a moment.
struct Timed {
    socket: TcpStream,
    until: Deadline,
}

/// A socket's own word for a time that is over differs from one system to the next.
fn timed(error: io::Error) -> io::Error {
    if error.kind() == io::ErrorKind::WouldBlock { io::ErrorKind::TimedOut.into() } else { error }
}

impl Read for Timed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.socket.set_read_timeout(Some(self.until.left()?))?;
        self.socket.read(buffer).map_err(timed)
    }
}

impl Write for Timed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.socket.set_write_timeout(Some(self.until.left()?))?;
        self.socket.write(bytes).map_err(timed)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.socket.flush()
    }
}

enum Stream {
    Plain(Timed),
    Encrypted(Box<StreamOwned<ClientConnection, Timed>>),
}

impl Stream {
    fn socket(&mut self) -> &mut Timed {
        match self {
            Stream::Plain(timed) => timed,
            Stream::Encrypted(stream) => &mut stream.sock,
        }
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Stream::Plain(timed) => timed.read(buffer),
            Stream::Encrypted(stream) => stream.read(buffer),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Stream::Plain(timed) => timed.write(bytes),
            Stream::Encrypted(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Stream::Plain(timed) => timed.flush(),
            Stream::Encrypted(stream) => stream.flush(),
        }
    }
}

/// A connection to a mail server.
pub(super) struct Wire {
    stream: Stream,
    /// What was read and belongs to no answer yet.
    pending: Vec<u8>,
}

impl Wire {
    /// Connects to a host: to the first of its addresses that answers.
    pub(super) fn connect(host: &str, port: u16, until: Deadline) -> Result<Self, Kind> {
        let mut last = io::Error::other("its name has no address");
        for address in addresses(host, port, until).map_err(kind)? {
            let connected = until.left().and_then(|left| TcpStream::connect_timeout(&address, left));
            match connected.map_err(timed) {
                Ok(socket) => {
                    // An answer is waited for after each command: nothing is gained by holding one back.
                    let _ = socket.set_nodelay(true);
                    let stream = Stream::Plain(Timed { socket, until });
                    return Ok(Self { stream, pending: Vec::new() });
                }
                Err(error) => last = error,
            }
        }
        Err(kind(last))
    }

    /// From now on everything is to be over by this moment.
    pub(super) fn until(&mut self, deadline: Deadline) {
        self.stream.socket().until = deadline;
    }

    /// Whether the connection is encrypted.
    pub(super) fn is_encrypted(&self) -> bool {
        matches!(self.stream, Stream::Encrypted(_))
    }

    /// Encrypts the connection; the certificate has to be that of the host.
    pub(super) fn encrypt(self, config: &Arc<ClientConfig>, host: &str) -> Result<Self, Kind> {
        if !self.pending.is_empty() {
            // Whatever stands before the encryption may be somebody else's, and is not to count after it.
            return Err(Kind::Nonsense("there was more before the encryption began".to_owned()));
        }
        let Stream::Plain(mut timed) = self.stream else { return Ok(self) };
        let name = ServerName::try_from(host.to_owned())
            .map_err(|_| Kind::Tls(format!("`{host}` is not a name that a certificate can have")))?;
        let connection = ClientConnection::new(config.clone(), name);
        let mut connection = connection.map_err(|error| Kind::Tls(error.to_string()))?;
        while connection.is_handshaking() {
            let (read, written) = connection.complete_io(&mut timed).map_err(kind)?;
            if read == 0 && written == 0 {
                return Err(Kind::Lost("the server closed it".to_owned()));
            }
        }
        let stream = Stream::Encrypted(Box::new(StreamOwned::new(connection, timed)));
        Ok(Self { stream, pending: Vec::new() })
    }

    /// Writes bytes, to their end.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), Kind> {
        self.stream.write_all(bytes).and_then(|()| self.stream.flush()).map_err(kind)
    }

    /// Reads an answer. One that says no is an [`Kind::Answer`].
    pub(super) fn answer(&mut self) -> Result<Response, Kind> {
        let mut text = String::new();
        loop {
            let line = self.line()?;
            let last = line.as_bytes().get(3) != Some(&b'-');
            text.push_str(&line);
            // A code may stand alone.
            text.push_str(if line.len() == 3 { " \r\n" } else { "\r\n" });
            if text.len() > LONGEST_ANSWER {
                return Err(Kind::Nonsense(format!("it is longer than {LONGEST_ANSWER} bytes")));
            }
            if last {
                break;
            }
        }
        let response: Response =
            text.parse().map_err(|_| Kind::Nonsense("it is not an answer of a mail server".to_owned()))?;
        if response.is_positive() { Ok(response) } else { Err(Kind::Answer(answer(&response))) }
    }

    /// One line without its end.
    fn line(&mut self) -> Result<String, Kind> {
        let mut looked = 0;
        loop {
            let end = self.pending.iter().skip(looked).position(|byte| *byte == b'\n').map(|at| looked + at);
            if let Some(end) = end.filter(|end| *end <= LONGEST_LINE) {
                let line: Vec<u8> = self.pending.drain(..=end).collect();
                let line = line.strip_suffix(b"\n").unwrap_or(&line);
                return Ok(String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(line)).into_owned());
            }
            looked = self.pending.len();
            if looked > LONGEST_LINE {
                return Err(Kind::Nonsense(format!("a line of it is longer than {LONGEST_LINE} bytes")));
            }
            let mut more = [0; 1024];
            let read = self.stream.read(&mut more).map_err(kind)?;
            if read == 0 {
                return Err(Kind::Lost("the server closed it".to_owned()));
            }
            self.pending.extend_from_slice(more.get(..read).unwrap_or_default());
        }
    }
}

/// What a server said, with one space between its lines and its enhanced code once.
pub(super) fn answer(response: &Response) -> Answer {
    let repeated = response.first_word().filter(|word| word.split('.').count() == 3).map(str::to_owned);
    let mut text = String::new();
    for (number, line) in response.message().enumerate() {
        let rest = repeated.as_deref().filter(|_| number > 0).and_then(|code| line.strip_prefix(code));
        let line = rest.filter(|rest| rest.starts_with(' ')).unwrap_or(line);
        text.push_str(line.trim());
        text.push(' ');
    }
    Answer { code: response.code().into(), text: text.trim().to_owned() }
}

/// The addresses of a host. The system's own search for them has no end that could be set, so it goes on
/// alone if it takes too long.
fn addresses(host: &str, port: u16, until: Deadline) -> io::Result<Vec<SocketAddr>> {
    let (found, answer) = mpsc::channel();
    let host = host.to_owned();
    std::thread::Builder::new().spawn(move || {
        let addresses = (host.as_str(), port).to_socket_addrs().map(Iterator::collect::<Vec<_>>);
        // Nobody listens any more once the time is over.
        let _ = found.send(addresses);
    })?;
    answer.recv_timeout(until.left()?).unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

/// What went wrong with a connection.
fn kind(error: io::Error) -> Kind {
    if let Some(tls) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        return Kind::Tls(tls.to_string());
    }
    match error.kind() {
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => Kind::Silent,
        io::ErrorKind::WriteZero => Kind::Lost("the server closed it".to_owned()),
        _ => Kind::Lost(crate::tls::plain(&error)),
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    /// A connection to a server that says this, in pieces with a pause between.
    fn hears(
        pieces: Vec<Vec<u8>>,
        pause: Duration,
        patience: Duration,
    ) -> (Result<Response, Kind>, Duration) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            for piece in pieces {
                if stream.write_all(&piece).is_err() {
                    return;
                }
                std::thread::sleep(pause);
            }
        });
        let begun = Instant::now();
        let mut wire = Wire::connect("127.0.0.1", port, Deadline::within(patience)).unwrap();
        let answer = wire.answer();
        let took = begun.elapsed();
        drop(wire);
        server.join().unwrap();
        (answer, took)
    }

    fn at_once(text: &str) -> Result<Response, Kind> {
        hears(vec![text.as_bytes().to_vec()], Duration::ZERO, Duration::from_secs(10)).0
    }

    #[test]
    fn answers_of_one_line_of_many_and_of_a_code_alone() {
        assert_eq!(answer(&at_once("220 ready\r\n").unwrap()).to_string(), "220 ready");
        let many = at_once("250-mail.example\r\n250-SIZE 1000\r\n250 8BITMIME\r\n").unwrap();
        assert_eq!(many.message().collect::<Vec<_>>(), ["mail.example", "SIZE 1000", "8BITMIME"]);
        assert_eq!(answer(&at_once("250\r\n").unwrap()).to_string(), "250");
        let no = at_once("550-5.1.1 no such\r\n550 5.1.1 user\r\n").unwrap_err();
        assert_eq!(no, Kind::Answer(Answer { code: 550, text: "5.1.1 no such user".into() }));
    }

    #[test]
    fn what_is_no_answer_is_told() {
        for text in ["HTTP/1.1 400 Bad Request\r\n", "\r\n", "2\r\n", "250-one\r\n251 other\r\n", "999 x\r\n"]
        {
            assert!(matches!(at_once(text).unwrap_err(), Kind::Nonsense(_)), "{text:?}");
        }
        assert_eq!(at_once("220 rea").unwrap_err(), Kind::Lost("the server closed it".into()));
    }

    #[test]
    fn a_server_that_drips_bytes_ends_with_its_time() {
        let line: Vec<Vec<u8>> = std::iter::repeat_n(vec![b'2'], 100).collect();
        let lines: Vec<Vec<u8>> = std::iter::repeat_n(b"250-X\r\n".to_vec(), 100).collect();
        for pieces in [line, lines] {
            let (pause, patience) = (Duration::from_millis(50), Duration::from_millis(600));
            let (answer, took) = hears(pieces, pause, patience);
            assert_eq!(answer.unwrap_err(), Kind::Silent);
            assert!(took < Duration::from_secs(3), "{took:?}");
        }
    }

    #[test]
    fn lines_and_answers_have_a_bound() {
        let endless = vec![vec![b'2'; LONGEST_LINE * 64]];
        let (answer, _) = hears(endless, Duration::ZERO, Duration::from_secs(10));
        assert_eq!(answer.unwrap_err(), Kind::Nonsense("a line of it is longer than 4096 bytes".into()));
        let many = "250-x\r\n".repeat(LONGEST_ANSWER / 7 + 2);
        let said = at_once(&many).unwrap_err();
        assert_eq!(said, Kind::Nonsense("it is longer than 65536 bytes".into()));
    }
}
