package server

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/curfew-auth/curfew/internal/config"
)

// post sends JSON and gives the members of the answer.
func post(t *testing.T, url, bearer, body string, status int) (members map[string]any) {
	t.Helper()
	r, err := http.NewRequest("POST", url, strings.NewReader(body))
	must(t, err)
	r.Header.Set("Content-Type", "application/json")
	if bearer != "" {
		r.Header.Set("Authorization", "Bearer "+bearer)
	}
	response, err := http.DefaultClient.Do(r)
	must(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	must(t, err)
	if response.StatusCode != status {
		t.Fatalf("%s: %d %s", url, response.StatusCode, text)
	}
	if len(text) > 0 {
		must(t, json.Unmarshal(text, &members))
	}
	return members
}

// counted is how often something was counted.
func (m *metrics) counted(t *testing.T, name string, labels map[string]string) float64 {
	t.Helper()
	families, err := prometheus.Gatherer(m.registry).Gather()
	must(t, err)
	for _, f := range families {
		for _, metric := range f.GetMetric() {
			same := f.GetName() == name
			for _, l := range metric.GetLabel() {
				same = same && labels[l.GetName()] == l.GetValue()
			}
			if same {
				return metric.GetCounter().GetValue()
			}
		}
	}
	t.Fatalf("%s%v is not counted", name, labels)
	return 0
}

// A stop sends the mail that its last requests have caused.
func TestServerSendsMail(t *testing.T) {
	folder := t.TempDir()
	c := settings(t)
	c.Mail = config.Mail{From: "Curfew <no-reply@example.com>", Folder: folder}
	s, lines := newServer(t, c)
	must(t, s.Start(t.Context()))
	api := s.Settings().PublicURL + "/api/v1"
	owner := post(t, api+"/auth/signup", "", `{"account_name":"Acme","name":"Ada","email":"ada@acme.example","password":"correct horse battery staple"}`, 201)
	post(t, api+"/accounts/me/invites", owner["access_token"].(string), `{"email":"bob@acme.example","role":"member"}`, 201)
	post(t, api+"/auth/login", "", `{"email":"ada@acme.example","password":"correct horse battery staple","delivery":"body"}`, 200)
	post(t, api+"/auth/forgot", "", `{"email":"ada@acme.example"}`, 202)
	post(t, api+"/auth/forgot", "", `{"email":"nobody@acme.example"}`, 202)
	post(t, api+"/users/me/password", owner["access_token"].(string), `{"current_password":"correct horse battery staple","new_password":"another horse, another battery"}`, 204)
	must(t, s.Stop())

	files, err := os.ReadDir(folder)
	must(t, err)
	var all strings.Builder
	for _, f := range files {
		b, err := os.ReadFile(filepath.Join(folder, f.Name()))
		must(t, err)
		all.Write(b)
	}
	for _, want := range []string{"Subject: You are invited to Acme", "Subject: New sign-in to your account", "Subject: Set a new password", "Subject: Your password was changed", "To: <bob@acme.example>", "To: <ada@acme.example>"} {
		if !strings.Contains(all.String(), want) {
			t.Errorf("no mail has %q", want)
		}
	}
	for kind, want := range map[string]float64{"reset": 1, "invitation": 1, "sign_in": 1, "password": 1} {
		if got := s.metrics.counted(t, "curfew_mail_total", map[string]string{"kind": kind, "outcome": "sent"}); got != want || len(files) != 4 {
			t.Errorf("%d files, of kind %s %v are counted", len(files), kind, got)
		}
	}
	if lines.count("ERROR") != 0 || lines.count("cfp_") != 0 || lines.count("cfi_") != 0 || lines.count("acme.example") != 4 || lines.count(`"to_domain":"acme.example"`) != 4 {
		t.Error(lines.b.String())
	}
}

// A folder that is not there stops the start before anything is written.
func TestMailFolderIsMissing(t *testing.T) {
	c := settings(t)
	c.Mail = config.Mail{From: "no-reply@example.com", Folder: filepath.Join(t.TempDir(), "missing")}
	parent := filepath.Dir(c.DataDir)
	before := tree(t, parent)
	s, _ := newServer(t, c)
	if err := s.Start(t.Context()); err == nil || !strings.Contains(err.Error(), "CURFEW_SMTP_URL names the folder") {
		t.Errorf("got %v", err)
	}
	if after := tree(t, parent); after != before {
		t.Errorf("changed:\n%s", after)
	}
}
