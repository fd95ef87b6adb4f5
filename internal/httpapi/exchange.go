package httpapi

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
)

// exchange is one request and its answer: what the log line, the metrics and
// the audit log need to know of it. It is the answer's writer, and the
// request's context leads back to it.
type exchange struct {
	http.ResponseWriter
	request *http.Request
	// lasting is the request's context without its deadline, for answers that go on
	// for as long as somebody reads them.
	lasting context.Context
	id, ip  string

	status  int
	written int64
	// detached says that the answer goes on by itself, and is finished elsewhere.
	detached bool

	actor curfew.Actor
	// judgesBearer says that this operation looks at the bearer token, so that
	// a 401 is about that token (RFC 6750, section 3.1).
	judgesBearer bool
	// receiptToken is the token of a receipt that was presented, not judged yet.
	receiptToken string
	// stillAllowed asks again whether the service key that opened this exchange
	// works and has the scope, for answers that go on for long; what it says is half
	// a second old at most. Nil for operations that are not for services.
	stillAllowed func(context.Context) error
	// basic says that a service proves itself as an OAuth client does, and form
	// holds what it sent.
	basic bool
	form  url.Values

	// What the log line tells: whose request it was, the problem that was
	// answered, and the operator's error behind it.
	account, user, session curfew.ID
	problem                curfew.Kind
	err                    error
}

type exchangeKey struct{}

// newExchange begins an exchange that is to be answered within a time.
func newExchange(w http.ResponseWriter, r *http.Request, ip string, within time.Duration) (*exchange, context.CancelFunc) {
	x := &exchange{ResponseWriter: w, id: requestID(r), ip: ip}
	x.lasting = context.WithValue(r.Context(), exchangeKey{}, x)
	ctx, cancel := context.WithTimeout(x.lasting, within)
	x.request = r.WithContext(ctx)
	return x, cancel
}

func exchangeOf(ctx context.Context) *exchange {
	x, ok := ctx.Value(exchangeKey{}).(*exchange)
	if !ok {
		panic("httpapi: a handler outside of the chain")
	}
	return x
}

// WriteHeader notes the status.
func (x *exchange) WriteHeader(status int) {
	if x.status == 0 || x.status < 200 {
		x.status = status
	}
	x.ResponseWriter.WriteHeader(status)
}

// Write notes how much was written.
func (x *exchange) Write(b []byte) (int, error) {
	if x.status == 0 {
		x.status = http.StatusOK
	}
	n, err := x.ResponseWriter.Write(b)
	x.written += int64(n)
	return n, err
}

// detach is what the log line needs of an exchange whose answer goes on by itself,
// and nothing that keeps more of the request alive.
func (x *exchange) detach() *exchange {
	x.detached = true
	on := *x
	on.ResponseWriter, on.lasting, on.stillAllowed = nil, nil, nil
	on.request = &http.Request{Method: x.request.Method, Pattern: x.request.Pattern}
	return &on
}

// Unwrap lets http.ResponseController reach the connection.
func (x *exchange) Unwrap() http.ResponseWriter { return x.ResponseWriter }

// about notes whose request this is.
func (x *exchange) about(account, user, session curfew.ID) {
	x.account, x.user, x.session = account, user, session
}

// maxUserAgent is how many bytes of a User-Agent are kept.
const maxUserAgent = 512

// origin is where the request came from, in text that any store can keep.
func (x *exchange) origin() curfew.Origin {
	agent := x.request.UserAgent()
	if len(agent) > maxUserAgent {
		agent = agent[:maxUserAgent]
	}
	return curfew.Origin{RequestID: x.id, IP: x.ip, UserAgent: strings.ToValidUTF8(agent, "")}
}

// requestID is the caller's X-Request-Id if it is 1 to 64 of [A-Za-z0-9._-],
// so that it can stand in a log and in a URI reference as it is; otherwise a
// new one.
func requestID(r *http.Request) string {
	id := r.Header.Get("X-Request-Id")
	if len(id) == 0 || len(id) > 64 {
		return rand.Text()
	}
	for _, c := range []byte(id) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '.', c == '_', c == '-':
		default:
			return rand.Text()
		}
	}
	return id
}
