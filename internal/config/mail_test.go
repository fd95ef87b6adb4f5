package config_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/curfew-auth/curfew/internal/config"
)

const from = "no-reply@example.com"

func TestMail(t *testing.T) {
	const mailbox = "<" + from + ">"
	for url, want := range map[string]config.Mail{
		"smtp://mail.example.com":                       {From: mailbox, Host: "mail.example.com", Port: 587},
		"smtp://Mail.Example.com:25/":                   {From: mailbox, Host: "mail.example.com", Port: 25},
		"smtps://mail.example.com":                      {From: mailbox, Host: "mail.example.com", Port: 465, TLS: true},
		"smtps://a%40b:p%2Fw%20d@mail.example.com:4650": {From: mailbox, Host: "mail.example.com", Port: 4650, TLS: true, User: "a@b", Password: "p/w d"},
		"smtp://localhost:2525":                         {From: mailbox, Host: "localhost", Port: 2525, Local: true},
		"smtp://127.9.9.9":                              {From: mailbox, Host: "127.9.9.9", Port: 587, Local: true},
		"smtp://[::1]:25":                               {From: mailbox, Host: "::1", Port: 25, Local: true},
		"smtp://[2001:db8::1]":                          {From: mailbox, Host: "2001:db8::1", Port: 587},
		"smtp://localhost.example.com":                  {From: mailbox, Host: "localhost.example.com", Port: 587},
		"file:///var/mail%20box":                        {From: mailbox, Folder: "/var/mail box"},
	} {
		t.Run(url, func(t *testing.T) {
			got := mustServe(t, []string{"--mail-from", from}, []string{"CURFEW_SMTP_URL=" + url}).Mail
			if got != want {
				t.Errorf("got  %#v, password %q\nwant %#v", got, string(got.Password), want)
			}
			if !got.Enabled() {
				t.Error("mail is off")
			}
		})
	}
	if mustServe(t, nil, nil).Mail.Enabled() {
		t.Error("mail is on without settings")
	}
	got := mustServe(t, []string{"--mail-from", "Curfew at Acme <no-reply@example.com>"}, []string{"CURFEW_SMTP_URL=smtp://mail.example.com"}).Mail.From
	if got != `"Curfew at Acme" <no-reply@example.com>` {
		t.Errorf("the sender is %s", got)
	}
}

func TestMailRefused(t *testing.T) {
	refused(t, []string{"--mail-from", from}, nil, "--mail-from is set without CURFEW_SMTP_URL: set both, or neither")
	refused(t, nil, []string{"CURFEW_SMTP_URL=smtp://u:hunter2@mail.example.com"}, "CURFEW_SMTP_URL is set without CURFEW_MAIL_FROM: set both, or neither")
	for _, url := range []string{"", "mail.example.com", "mail.example.com:25", "http://mail.example.com", "smtp:mail.example.com", "smtp://", "smtp:///",
		"smtp://mail.example.com/path", "smtp://mail.example.com?tls=off", "smtp://mail.example.com#x", "smtp://mail.example.com:0", "smtp://mail.example.com:99999",
		"smtp://mail.example.com:smtp", "smtp://hunter2@mail.example.com", "smtp://:hunter2@mail.example.com", "smtp://u:@mail.example.com", "smtp://a b",
		"smtp://u:hunter2%zz@mail.example.com", "file://folder", "file://localhost/folder", "file:folder", "file:///", "file:///x?y", "smtp://mail.example.com\r\nx"} {
		t.Run(url, func(t *testing.T) {
			_, err := serve([]string{"--mail-from", from}, []string{"CURFEW_SMTP_URL=" + url})
			if url == "file:///" { // a folder, though an odd one
				if err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil || !strings.HasPrefix(err.Error(), "CURFEW_SMTP_URL must be smtp:// or smtps://") || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("got %v", err)
			}
		})
	}
	for _, bad := range []string{"", "no address", "a@b, c@d", "a@b\r\nBcc: x@y", "<>"} {
		refused(t, nil, []string{"CURFEW_SMTP_URL=smtp://mail.example.com", "CURFEW_MAIL_FROM=" + bad},
			fmt.Sprintf("CURFEW_MAIL_FROM must be an address, such as no-reply@example.com, or a name with it, such as Curfew <no-reply@example.com>, not %q", bad))
	}
}

// The password in the URL is as secret as the others.
func TestMailPasswordStaysSecret(t *testing.T) {
	entry := "CURFEW_SMTP_URL=smtp://u:hunter2@mail.example.com"
	cmd, err := parse([]string{"serve", "--mail-from", from}, []string{entry})
	if err != nil {
		t.Fatal(err)
	}
	c, err := cmd.Serve.Config()
	if err != nil || string(c.Mail.Password) != "hunter2" {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v"} {
		if shown := fmt.Sprintf(verb+verb, c, cmd); strings.Contains(shown, "hunter2") {
			t.Errorf("%s shows %s", verb, shown)
		}
	}
	if _, err := parse([]string{"serve", "--smtp-url=smtp://u:hunter2@x"}, nil); err == nil || strings.Contains(err.Error(), "hunter2") ||
		!strings.Contains(err.Error(), "put it in CURFEW_SMTP_URL") {
		t.Errorf("got %v", err)
	}
	path := file(t, `{"smtp_url": "smtp://u:hunter2@mail.example.com", "mail_from": "no-reply@example.com"}`)
	if got := mustServe(t, []string{"--config", path}, nil).Mail.User; got != "u" {
		t.Errorf("from the file: %q", got)
	}
	chmod(t, path, 0o644)
	refused(t, []string{"--config", path}, nil, "the settings file "+path+" holds a secret and may be read by others: chmod 600 it")
}

func chmod(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}
