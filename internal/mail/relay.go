package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// Server is an SMTP server that takes mail from us (RFC 6409).
type Server struct {
	Host string
	Port int
	// TLS is spoken from the first byte (RFC 8314); without it STARTTLS must
	// succeed before anything else is said.
	TLS bool
	// Local says that the host is a loopback one: no one can listen on the way
	// there, so TLS is taken if offered, with whatever certificate.
	Local bool
	// User and Password are for a server that asks for them; both or neither.
	User, Password string
}

// relay sends each mail over a connection of its own.
type relay struct {
	server Server
	helo   string
	time   time.Duration  // for one mail
	roots  *x509.CertPool // that certificates are checked against; nil: the system's
}

func (r relay) send(ctx context.Context, m *gomail.Msg) error {
	ctx, cancel := context.WithTimeout(ctx, r.time)
	defer cancel()
	// The library heeds the context only until the connection stands, and
	// leaves it open when the greeting fails, so both are done here.
	hangUp := func() {}
	defer func() { hangUp() }()
	dial := func(context.Context, string, string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", net.JoinHostPort(r.server.Host, strconv.Itoa(r.server.Port)))
		if err != nil {
			return nil, err
		}
		stop := context.AfterFunc(ctx, func() { conn.Close() })
		hangUp = func() {
			stop()
			conn.Close()
		}
		if r.server.TLS {
			return tls.Client(conn, r.tls()), nil
		}
		return conn, nil
	}
	client, err := gomail.NewClient(r.server.Host, append(r.options(), gomail.WithDialContextFunc(dial))...)
	if err != nil {
		return err
	}
	err = client.DialAndSendWithContext(ctx, m)
	if m.IsDelivered() { // what went wrong after that does not matter
		return nil
	}
	if err != nil && ctx.Err() != nil {
		return fmt.Errorf("the server took too long: %w", context.Cause(ctx))
	}
	return err
}

func (r relay) tls() *tls.Config {
	return &tls.Config{ServerName: r.server.Host, MinVersion: tls.VersionTLS12, RootCAs: r.roots, InsecureSkipVerify: r.server.Local}
}

func (r relay) options() []gomail.Option {
	options := []gomail.Option{gomail.WithPort(r.server.Port), gomail.WithHELO(r.helo), gomail.WithTimeout(r.time),
		gomail.WithTLSConfig(r.tls()), gomail.WithTLSPolicy(gomail.TLSMandatory)}
	plain, login := gomail.SMTPAuthPlain, gomail.SMTPAuthLogin
	switch {
	case r.server.TLS:
		options = append(options, gomail.WithSSL())
	case r.server.Local:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSOpportunistic))
		plain, login = gomail.SMTPAuthPlainNoEnc, gomail.SMTPAuthLoginNoEnc
	}
	if r.server.User == "" {
		return options
	}
	return append(options, gomail.WithUsername(r.server.User), gomail.WithPassword(r.server.Password),
		gomail.WithOpportunisticSMTPAuth(gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthSCRAMSHA1, plain, login))
}

// replyCode is the code with which the server refused, 0 for anything else.
func replyCode(err error) int {
	var refused *gomail.SendError
	if errors.As(err, &refused) {
		return refused.ErrorCode()
	}
	var reply *textproto.Error
	if errors.As(err, &reply) {
		return reply.Code
	}
	return 0
}

// explain is an error for the log. Of a server's refusal it tells the step and
// the codes, not the text: servers like to repeat the address, or the line of a
// mail that they did not like.
func explain(err error) string {
	var refused *gomail.SendError
	switch {
	case !errors.As(err, &refused):
	case refused.ErrorCode() == 0:
		return refused.Reason.String() + ": the connection broke"
	default:
		return strings.TrimSpace(fmt.Sprintf("%s: the server answered %d %s", refused.Reason, refused.ErrorCode(), refused.EnhancedStatusCode()))
	}
	var reply *textproto.Error
	if errors.As(err, &reply) {
		return fmt.Sprintf("the server answered %d before it took any mail", reply.Code)
	}
	return err.Error()
}
