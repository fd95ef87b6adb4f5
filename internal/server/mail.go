package server

import (
	"context"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/config"
	"github.com/curfew-auth/curfew/internal/mail"
)

// newMailer makes the sender of mail; none where the installation sends none.
func (s *Server) newMailer(c config.Config, m *metrics) (*mail.Sender, error) {
	if !c.Mail.Enabled() {
		return nil, nil
	}
	return mail.New(mail.Config{
		From: c.Mail.From, Folder: c.Mail.Folder, PublicURL: c.PublicURL,
		Server: mail.Server{Host: c.Mail.Host, Port: c.Mail.Port, TLS: c.Mail.TLS, Local: c.Mail.Local,
			User: c.Mail.User, Password: string(c.Mail.Password)},
		Now: s.config.Now, Log: s.config.Log, Count: m.mailed,
	})
}

// startMail begins to send, and has Stop send what waits, in what is left of
// the time to stop.
func (s *Server) startMail(sender *mail.Sender) authority.Mailer {
	if sender == nil {
		return nil
	}
	sender.Start()
	s.onStop(func() error {
		ctx, cancel := context.WithDeadline(context.Background(), s.stopBy)
		defer cancel()
		sender.Stop(ctx)
		return nil
	})
	return sender
}
