package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/curfew-auth/curfew/internal/wire"
)

// device is one browser, with the session that it has.
type device struct {
	owner     *person
	agent, ip string

	session         string // "" for none
	access, refresh string
	accessUntil     time.Time
	over            time.Time // the nearer deadline
}

// play is a filling under way.
type play struct {
	http   *http.Client
	url    string
	clock  *Clock
	people []*person
}

// call asks the API as a device, and puts the answer into out unless it is
// nil or a problem.
func (p *play) call(ctx context.Context, d *device, method, path string, in, out any) (status int, cookies []*http.Cookie, err error) {
	var body io.Reader
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			return 0, nil, err
		}
		body = bytes.NewReader(text)
	}
	r, err := http.NewRequestWithContext(ctx, method, p.url+"/api/v1"+path, body)
	if err != nil {
		return 0, nil, err
	}
	r.Header.Set("User-Agent", d.agent)
	r.Header.Set("X-Forwarded-For", d.ip)
	if in != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if d.access != "" && p.clock.Now().Before(d.accessUntil) {
		r.Header.Set("Authorization", "Bearer "+d.access)
	}
	answer, err := p.http.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return 0, nil, err
	}
	if answer.StatusCode < 300 && out != nil {
		err = json.Unmarshal(text, out)
	}
	return answer.StatusCode, answer.Cookies(), err
}

// must is call where one status alone is right.
func (p *play) must(ctx context.Context, want int, d *device, method, path string, in, out any) error {
	status, _, err := p.call(ctx, d, method, path, in, out)
	return expect(want, status, method, path, err)
}

func expect(want, status int, method, path string, err error) error {
	if err == nil && status != want {
		err = fmt.Errorf("%s %s was answered with %d, not %d", method, path, status, want)
	}
	return err
}

// begin asks for a session by cookie or in the body, and keeps it.
func (p *play) begin(ctx context.Context, want int, d *device, path string, in any) error {
	*d = device{owner: d.owner, agent: d.agent, ip: d.ip}
	var got wire.TokenResponse
	status, cookies, err := p.call(ctx, d, "POST", path, in, &got)
	if err := expect(want, status, "POST", path, err); err != nil {
		return err
	}
	for _, c := range cookies {
		if strings.HasSuffix(c.Name, "curfew_refresh") {
			got.RefreshToken = c.Value
		}
	}
	d.owner.id = got.User.ID
	p.keep(d, got)
	return nil
}

func (p *play) keep(d *device, got wire.TokenResponse) {
	d.session, d.access, d.refresh = got.Session.ID, got.AccessToken, got.RefreshToken
	d.accessUntil = p.clock.Now().Add(time.Duration(got.ExpiresIn)*time.Second - 5*time.Second)
	d.over = got.Session.IdleExpiresAt.Std()
	if absolute := got.Session.AbsoluteExpiresAt.Std(); absolute.Before(d.over) {
		d.over = absolute
	}
}

// signIn begins a new session with the person's password.
func (p *play) signIn(ctx context.Context, d *device) error {
	return p.begin(ctx, http.StatusOK, d, "/auth/login",
		wire.LoginRequest{Email: d.owner.email, Password: d.owner.password, Delivery: wire.DeliveryBody})
}

// alive reports whether the device's session is, as far as the device knows.
func (p *play) alive(d *device) bool { return d.session != "" && p.clock.Now().Before(d.over) }

// touch continues a session, and reports whether it was still there.
func (p *play) touch(ctx context.Context, d *device) (bool, error) {
	var got wire.TokenResponse
	status, _, err := p.call(ctx, d, "POST", "/auth/refresh", wire.RefreshRequest{RefreshToken: d.refresh}, &got)
	if err == nil && status == http.StatusUnauthorized {
		d.session = ""
		return false, nil
	}
	if err := expect(http.StatusOK, status, "POST", "/auth/refresh", err); err != nil {
		return false, err
	}
	p.keep(d, got)
	return true, nil
}

// use makes the device ready to ask something: it continues its session, or
// signs in where there is none.
func (p *play) use(ctx context.Context, d *device) error {
	if p.alive(d) {
		if p.clock.Now().Before(d.accessUntil) {
			return nil
		}
		if there, err := p.touch(ctx, d); there || err != nil {
			return err
		}
	}
	return p.signIn(ctx, d)
}

// as lets a person do something at their desk.
func (p *play) as(ctx context.Context, who, want int, method, path string, in, out any) error {
	d := p.people[who].desk
	if err := p.use(ctx, d); err != nil {
		return err
	}
	status, _, err := p.call(ctx, d, method, path, in, out)
	if err == nil && status == http.StatusUnauthorized { // somebody ended the session meanwhile
		if err := p.signIn(ctx, d); err != nil {
			return err
		}
		status, _, err = p.call(ctx, d, method, path, in, out)
	}
	return expect(want, status, method, path, err)
}

// invite has an owner invite somebody, and gives the link's code.
func (p *play) invite(ctx context.Context, owner int, email, role string) (code string, invite wire.NewInvite, err error) {
	if err := p.as(ctx, owner, http.StatusCreated, "POST", "/accounts/me/invites", wire.InviteRequest{Email: email, Role: role}, &invite); err != nil {
		return "", invite, err
	}
	link, err := url.Parse(invite.InviteURL)
	if err != nil {
		return "", invite, err
	}
	return strings.TrimPrefix(link.Fragment, "token="), invite, nil
}
