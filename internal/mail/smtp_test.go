package mail

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// smtpServer speaks as much of SMTP (RFC 5321) as a client that sends mail
// asks for, on a loopback port of its own.
type smtpServer struct {
	t        *testing.T
	listener net.Listener
	serving  sync.WaitGroup

	// What it is like; set before the first connection.
	implicit bool        // TLS from the first byte
	starttls bool        // STARTTLS is offered
	cert     *tls.Config // for both
	login    string      // "user:password" that it asks for, "" for nobody's
	greet    func(connection int) bool
	// answer is another answer to a command than the usual one, "" for that,
	// hangUp for none.
	answer func(connection int, command string) string

	mu          sync.Mutex
	connections int
	open        map[net.Conn]bool
	commands    []string
	mails       []received
}

// received is a mail that the server has taken.
type received struct {
	from, to, data string
	encrypted      bool
}

const hangUp = "hang up"

func newServer(t *testing.T, change func(*smtpServer)) *smtpServer {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	s := &smtpServer{t: t, listener: listener, open: map[net.Conn]bool{}, greet: func(int) bool { return true },
		answer: func(int, string) string { return "" }}
	if change != nil {
		change(s)
	}
	s.serving.Go(s.accept)
	t.Cleanup(func() {
		listener.Close()
		s.mu.Lock()
		for conn := range s.open {
			conn.Close()
		}
		s.mu.Unlock()
		s.serving.Wait()
	})
	return s
}

func (s *smtpServer) accept() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.connections++
		n := s.connections
		s.open[conn] = true
		s.mu.Unlock()
		s.serving.Go(func() {
			defer conn.Close()
			s.talk(n, conn)
		})
	}
}

// talk serves one connection.
func (s *smtpServer) talk(n int, conn net.Conn) {
	encrypted := s.implicit
	if s.implicit {
		conn = tls.Server(conn, s.cert)
	}
	r := bufio.NewReader(conn)
	say := func(lines string) { _, _ = conn.Write([]byte(lines + "\r\n")) }
	if !s.greet(n) {
		_, _ = r.ReadString('\n') // until the client goes away
		return
	}
	say("220 test.example ESMTP")
	var mail received
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		s.note(line)
		if other := s.answer(n, line); other == hangUp {
			return
		} else if other != "" {
			say(other)
			continue
		}
		verb, rest, _ := strings.Cut(line, " ")
		switch strings.ToUpper(verb) {
		case "EHLO":
			say("250-test.example\r\n" + s.offers(encrypted) + "250 ENHANCEDSTATUSCODES")
		case "STARTTLS":
			say("220 go ahead")
			conn, encrypted = tls.Server(conn, s.cert), true
			r = bufio.NewReader(conn)
		case "AUTH":
			want := "PLAIN " + base64.StdEncoding.EncodeToString([]byte("\x00"+strings.Replace(s.login, ":", "\x00", 1)))
			if rest != want {
				say("535 5.7.8 no such user or password")
				continue
			}
			say("235 2.7.0 welcome")
		case "MAIL":
			mail = received{from: rest, encrypted: encrypted}
			say("250 2.1.0 ok")
		case "RCPT":
			mail.to = rest
			say("250 2.1.5 ok")
		case "DATA":
			say("354 go on")
			mail.data, err = readData(r)
			if err != nil {
				return
			}
			if other := s.answer(n, "."); other != "" {
				say(other)
				continue
			}
			s.mu.Lock()
			s.mails = append(s.mails, mail)
			s.mu.Unlock()
			say("250 2.0.0 taken")
		case "QUIT":
			say("221 2.0.0 bye")
			return
		default:
			say("250 2.0.0 ok")
		}
	}
}

func (s *smtpServer) offers(encrypted bool) (lines string) {
	if s.starttls && !encrypted {
		lines += "250-STARTTLS\r\n"
	}
	if s.login != "" {
		lines += "250-AUTH PLAIN\r\n"
	}
	return lines
}

// readData reads a mail up to the line of a single dot.
func readData(r *bufio.Reader) (string, error) {
	var b strings.Builder
	for {
		line, err := r.ReadString('\n')
		if err != nil || line == ".\r\n" {
			return b.String(), err
		}
		b.WriteString(strings.TrimPrefix(line, "."))
	}
}

func (s *smtpServer) note(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.commands = append(s.commands, line)
}

// said reports whether a client has sent a command that begins so.
func (s *smtpServer) said(verb string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.commands {
		if strings.HasPrefix(strings.ToUpper(c), verb) {
			return true
		}
	}
	return false
}

// taken are the mails that the server has taken, and how often it was called.
func (s *smtpServer) taken() (mails []received, connections int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mails, s.connections
}

// server is how a client is told of it.
func (s *smtpServer) server(local bool) Server {
	addr := s.listener.Addr().(*net.TCPAddr)
	server := Server{Host: "127.0.0.1", Port: addr.Port, TLS: s.implicit, Local: local}
	server.User, server.Password, _ = strings.Cut(s.login, ":")
	return server
}

// certificate makes one for a host, and the pool that it is good for.
func certificate(t *testing.T, host string) (*tls.Config, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign}
	if ip := net.ParseIP(host); ip != nil {
		template.IPAddresses = []net.IP{ip}
	} else {
		template.DNSNames = []string{host}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	must(t, err)
	cert, err := x509.ParseCertificate(der)
	must(t, err)
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS12}, pool
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
