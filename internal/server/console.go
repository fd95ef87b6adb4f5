package server

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/curfew-auth/curfew/internal/console"
	"github.com/curfew-auth/curfew/internal/httpapi"
)

// newConsole makes the operator's page.
func (s *Server) newConsole() (http.Handler, error) {
	s.metrics.alarmed.date(s.data.Clock.Now)
	return console.New(console.Config{
		Authority: s.authority, Now: s.data.Clock.Now, Log: s.config.Log, Lag: s.hub.Lag, TokenLife: s.settings.AccessTokenTTL,
		Node: func() console.Node {
			return console.Node{ID: s.clock.node, Version: s.config.Version, Feed: s.hub.Stats(), Alarms: s.metrics.alarmed.all()}
		},
		Database: func(ctx context.Context) (d console.Database, err error) {
			engine, err := s.data.DB.Engine(ctx)
			if err != nil {
				return d, err
			}
			return console.Database{Engine: engine.Name, Version: engine.Version, Schema: s.data.Version}, nil
		},
	})
}

// What an operator is alarmed by, in the words of the page.
const (
	alarmWentBack = "The database went back in time"
	alarmAhead    = "Refresh tokens ahead of the database"
)

// alarmBook keeps what alarms there were on this node since it began.
type alarmBook struct {
	now func() time.Time

	mu    sync.Mutex
	noted map[string]console.Alarm
}

// date gives it the time by which alarms are dated.
func (b *alarmBook) date(now func() time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = now
}

// note counts an alarm.
func (b *alarmBook) note(what string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.noted == nil {
		b.noted = map[string]console.Alarm{}
	}
	alarm := b.noted[what]
	alarm.Count++
	if b.now != nil {
		alarm.Last = b.now()
	}
	b.noted[what] = alarm
}

// all are the alarms, also those that there were not.
func (b *alarmBook) all() (alarms []console.Alarm) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, what := range []string{alarmWentBack, alarmAhead} {
		alarm := b.noted[what]
		alarm.What = what
		alarms = append(alarms, alarm)
	}
	return alarms
}

// admin answers on the operator's listener: metrics, profiles, the operator's
// page, and what else it is given. On a loopback address it answers to loopback
// names only, so that no web page reaches it by a name of its own.
func (m *metrics) admin(addr string, page http.Handler, more map[string]http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{Registry: m.registry}))
	mux.Handle("/debug/pprof/", operatorsHost(addr, ownMachine(profiles())))
	if page != nil {
		page = operatorsHost(addr, page)
		mux.Handle(console.Path, page)
		mux.Handle(console.Path+"/", page)
		mux.Handle("GET /{$}", http.RedirectHandler(console.Path, http.StatusSeeOther))
	}
	for pattern, h := range more {
		mux.Handle(pattern, h)
	}
	if !httpapi.IsLoopback(addr) {
		return mux
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host != "" && !httpapi.IsLoopback(r.Host) {
			refuseHost(w)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// warnOpen says at the start what an operator's listener opens that is not on
// loopback.
func warnOpen(log *slog.Logger, addr string) {
	if httpapi.IsLoopback(addr) {
		return
	}
	log.Warn("CURFEW_ADMIN_ADDR is not on loopback: whoever reaches it reads the metrics without a sign-in, "+
		"and may try service keys at the operator's page, in plain HTTP; profiles stay for this machine", "addr", addr)
}

func refuseHost(w http.ResponseWriter) {
	http.Error(w, "this listener answers to the names of its own machine only", http.StatusForbidden)
}

// operatorsHost lets the operator's page and profiles be reached by loopback names, by an
// address of whatever machine, and by the name in the setting, and by no other
// name: a web page elsewhere may have one of its own lead here (DNS rebinding),
// but cannot do so with an address. Metrics, which anybody may read who reaches
// the listener, are served by any name.
func operatorsHost(addr string, page http.Handler) http.Handler {
	own, _, err := net.SplitHostPort(addr)
	if err != nil {
		own = addr
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = r.Host
		}
		_, err = netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(host, "["), "]"))
		if err != nil && !httpapi.IsLoopback(r.Host) && (own == "" || !strings.EqualFold(host, own)) {
			refuseHost(w)
			return
		}
		page.ServeHTTP(w, r)
	})
}
