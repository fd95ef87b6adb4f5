package server

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"syscall"
	"time"

	"github.com/curfew-auth/curfew/internal/config"
)

// listen opens a listener, or says in one sentence why it cannot.
func listen(setting, addr string) (net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	switch {
	case err == nil:
		return l, nil
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("%s is %s, which another program uses already: stop that one, or choose another port", setting, addr)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("%s is %s, which this user may not listen at: choose a port above 1023", setting, addr)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return nil, fmt.Errorf("%s is %s, which is no address of this machine: choose one that is, or 127.0.0.1", setting, addr)
	}
	return nil, fmt.Errorf("%s is %s, where nothing can listen (%w): choose another address", setting, addr, err)
}

// CheckAddresses says in one sentence why a server could not listen where its
// settings say, before something that takes long comes first.
func CheckAddresses(c config.Config) error {
	for _, at := range []struct{ setting, addr string }{{"CURFEW_ADDR", c.Addr}, {"CURFEW_ADMIN_ADDR", c.AdminAddr}} {
		if at.addr == "" {
			continue
		}
		l, err := listen(at.setting, at.addr)
		if err != nil {
			return err
		}
		if err := l.Close(); err != nil {
			return err
		}
	}
	return nil
}

// product is the HTTP server that the world talks to. Its limits let no slow
// or silent peer keep a connection; the export of the audit log, which may
// take longer, sets its own (OWASP ASVS 5.0, 4.2 and 15.2).
func product(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
}

// admin is the HTTP server of metrics and profiles. A profile takes as long as
// it was asked to, so writing has no limit.
func admin(h http.Handler, log *slog.Logger) *http.Server {
	s := product(h, log)
	s.WriteTimeout = 0
	return s
}
