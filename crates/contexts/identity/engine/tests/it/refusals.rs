//! Against a server that says what it is told to say.

use std::time::{Duration, Instant};

use identity_engine::{MailError, Mailer as _, Smtp, SmtpSettings, SmtpTls};
use kernel::{ErrorKind, ProductError as _};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpListener,
};

use crate::mailers::mail;

/// What it answers to a command that begins so, where it does not take it.
type No = (&'static str, &'static str);

async fn server(no: No) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(async move { talk(BufReader::new(stream), no).await });
        }
    });
    port
}

async fn talk(mut stream: BufReader<tokio::net::TcpStream>, (command, answer): No) -> std::io::Result<()> {
    stream.write_all(if command.is_empty() { answer.as_bytes() } else { b"220 here\r\n" }).await?;
    let (mut line, mut in_mail) = (String::new(), false);
    while stream.read_line(&mut line).await? > 0 {
        let is_end = in_mail && line == ".\r\n";
        let said = match &line[..] {
            _ if in_mail && !is_end => "",
            _ if is_end && command == "." => answer,
            _ if is_end => "250 taken\r\n",
            text if text.starts_with(command) && !command.is_empty() => answer,
            text if text.starts_with("DATA") => "354 go on\r\n",
            text if text.starts_with("QUIT") => "221 bye\r\n",
            _ => "250 good\r\n",
        };
        in_mail = (in_mail || said.starts_with("354")) && !is_end;
        if said == "hang" {
            tokio::time::sleep(Duration::from_mins(1)).await;
        }
        stream.write_all(said.as_bytes()).await?;
        line.clear();
    }
    Ok(())
}

async fn send(port: u16) -> Result<(), MailError> {
    let settings = SmtpSettings {
        host: "127.0.0.1".to_owned(),
        port: Some(port),
        user: None,
        password: None,
        tls: SmtpTls::None,
        ca_file: None,
        timeout_ms: 1_500,
    };
    Smtp::new(&settings).expect("made").send(&mail(1)).await
}

#[tokio::test]
async fn what_is_never_taken_is_told_from_what_may_be_taken_later() {
    send(server(("nothing", "")).await).await.expect("the server takes mails");
    let cases: [(No, Option<u16>); 10] = [
        (("MAIL FROM", "550 5.7.1 not from you\r\n"), Some(550)),
        (("MAIL FROM", "451 4.3.0 later\r\n"), None),
        (("RCPT TO", "550 5.1.1 <ann@example.com>: nobody\r\n"), Some(550)),
        (("RCPT TO", "450 4.2.1 <ann@example.com>: try later\r\n"), None),
        (("RCPT TO", "530 5.7.0 who are you\r\n"), None),
        (("DATA", "452 4.3.1 no room\r\n"), None),
        ((".", "554 5.6.0 not this\r\n"), Some(554)),
        ((".", "421 4.3.2 closing\r\n"), None),
        (("", "421 busy\r\n"), None),
        (("", "what is this\r\n"), None),
    ];
    for (no, refused) in cases {
        let error = send(server(no).await).await.expect_err("not taken");
        let expected = if refused.is_some() { ErrorKind::Invalid } else { ErrorKind::Unavailable };
        assert_eq!(error.kind(), expected, "{no:?}: {error:?}");
        if let MailError::Refused { status } = error {
            assert_eq!(Some(status), refused);
        }
        assert!(!format!("{error} {error:?}").contains("ann@example.com"), "{error:?}");
    }
}

#[tokio::test]
async fn nobody_at_home_and_nobody_answering_are_tried_later() {
    let free = TcpListener::bind("127.0.0.1:0").await.expect("a port").local_addr().expect("an address").port();
    assert_eq!(send(free).await.expect_err("nobody").kind(), ErrorKind::Unavailable);
    let start = Instant::now();
    let error = send(server(("DATA", "hang")).await).await.expect_err("silence");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(start.elapsed() < Duration::from_secs(10));
}
