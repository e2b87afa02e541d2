//! A server on this computer that answers as it is told and remembers what it was asked. It can do what
//! ready-made ones cannot: cut a body off, drip it, lie about its length.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// What to answer.
#[derive(Clone, Debug)]
pub enum Reply {
    /// A status, headers and a body.
    Whole(u16, Vec<(String, String)>, Vec<u8>),
    /// Fewer bytes than `Content-Length` promises.
    Short(Vec<u8>),
    /// A body whose end is the end of the connection: nothing says how long it should be.
    Unsaid(Vec<u8>),
    /// More bytes than `Content-Length` says.
    Long(Vec<u8>, usize),
    /// A chunked body without its last chunk.
    ShortChunks(Vec<u8>),
    /// One byte after the other, with a pause before each.
    Drip(Vec<u8>, Duration),
    /// Nothing: the connection is closed.
    HangUp,
    /// These bytes and no others, piece by piece with a pause after each; then the connection is closed.
    Raw(Vec<Vec<u8>>, Duration),
}

impl Reply {
    /// 200 with a body.
    pub fn ok(body: impl Into<Vec<u8>>) -> Self {
        Self::Whole(200, Vec::new(), body.into())
    }

    /// A status with an empty body.
    pub fn status(code: u16) -> Self {
        Self::Whole(code, Vec::new(), Vec::new())
    }

    /// The same with one more header.
    pub fn with(self, name: &str, value: &str) -> Self {
        match self {
            Self::Whole(code, mut headers, body) => {
                headers.push((name.to_owned(), value.to_owned()));
                Self::Whole(code, headers, body)
            }
            other => other,
        }
    }
}

/// One request as it came.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The method and the path.
    pub line: String,
    /// The headers, in lower case.
    pub headers: BTreeMap<String, String>,
}

type Plan = Box<dyn Fn(&Asked, usize) -> Reply + Send + Sync>;
type Wrap = Arc<dyn Fn(TcpStream) -> Option<Box<dyn Stream>> + Send + Sync>;

/// What a request comes through: a connection, or TLS over one.
pub trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

/// The server; it ends when it is dropped.
pub struct Server {
    port: u16,
    asked: Arc<Mutex<Vec<Asked>>>,
    done: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// A server that answers each request by a plan: the request, and how many came before it.
    pub fn new(plan: impl Fn(&Asked, usize) -> Reply + Send + Sync + 'static) -> Self {
        Self::over(plan, Arc::new(|stream| Some(Box::new(stream))))
    }

    /// The same over another kind of connection.
    pub fn over(plan: impl Fn(&Asked, usize) -> Reply + Send + Sync + 'static, wrap: Wrap) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let done = Arc::new(AtomicBool::new(false));
        let (log, end, plan) = (asked.clone(), done.clone(), Box::new(plan) as Plan);
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if end.load(Ordering::SeqCst) {
                    return;
                }
                let _ = stream.set_read_timeout(Some(Duration::from_secs(10)));
                if let Some(mut stream) = wrap(stream) {
                    let _ = serve(stream.as_mut(), &plan, &log);
                }
            }
        });
        Self { port, asked, done, thread: Some(thread) }
    }

    /// The address of a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.host())
    }

    /// The host and port.
    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What was asked so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("the log").clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.done.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(stream: &mut dyn Stream, plan: &Plan, log: &Mutex<Vec<Asked>>) -> std::io::Result<()> {
    let mut reader = BufReader::new(&mut *stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut headers = BTreeMap::new();
    loop {
        let mut header = String::new();
        if reader.read_line(&mut header)? == 0 || header.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = header.split_once(':') {
            headers.insert(name.to_lowercase(), value.trim().to_owned());
        }
    }
    let line = line.trim_end_matches(" HTTP/1.1\r\n").to_owned();
    if line.is_empty() {
        return Ok(());
    }
    let asked = Asked { line, headers };
    let before = {
        let mut log = log.lock().expect("the log");
        log.push(asked.clone());
        log.len() - 1
    };
    let end = "Connection: close\r\n";
    match plan(&asked, before) {
        Reply::Whole(code, headers, body) => {
            write!(stream, "HTTP/1.1 {code} X\r\n{end}")?;
            for (name, value) in headers {
                write!(stream, "{name}: {value}\r\n")?;
            }
            if code != 304 {
                write!(stream, "Content-Length: {}\r\n", body.len())?;
            }
            stream.write_all(b"\r\n")?;
            stream.write_all(&body)?;
        }
        Reply::Short(body) => {
            write!(stream, "HTTP/1.1 200 X\r\n{end}Content-Length: {}\r\n\r\n", body.len() + 100)?;
            stream.write_all(&body)?;
        }
        Reply::Unsaid(body) => {
            write!(stream, "HTTP/1.1 200 X\r\n{end}\r\n")?;
            stream.write_all(&body)?;
        }
        Reply::Long(body, length) => {
            write!(stream, "HTTP/1.1 200 X\r\n{end}Content-Length: {length}\r\n\r\n")?;
            stream.write_all(&body)?;
        }
        Reply::ShortChunks(body) => {
            write!(stream, "HTTP/1.1 200 X\r\n{end}Transfer-Encoding: chunked\r\n\r\n{:x}\r\n", body.len())?;
            stream.write_all(&body)?;
            stream.write_all(b"\r\n")?;
        }
        Reply::Drip(body, pause) => {
            write!(stream, "HTTP/1.1 200 X\r\n{end}Content-Length: {}\r\n\r\n", body.len())?;
            for byte in body {
                std::thread::sleep(pause);
                stream.write_all(&[byte])?;
                stream.flush()?;
            }
        }
        Reply::HangUp => {}
        Reply::Raw(pieces, pause) => {
            for piece in pieces {
                stream.write_all(&piece)?;
                stream.flush()?;
                std::thread::sleep(pause);
            }
        }
    }
    stream.flush()
}
