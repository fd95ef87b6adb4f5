package faults

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	standard "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// hookKills is how often the server is killed under load.
var hookKills = flag.Int("webhook-kills", 4, "how often the server is killed while webhooks are told of a load of sessions")

// hookEvent is an event about a session.
type hookEvent struct{ session, kind string }

// receiver notes when it was first told of what.
type receiver struct {
	*httptest.Server
	t *testing.T

	mu     sync.Mutex
	hook   *standard.Webhook
	first  map[hookEvent]time.Time
	copies int
}

func newReceiver(t *testing.T) *receiver {
	r := &receiver{t: t, first: map[hookEvent]time.Time{}}
	r.Server = httptest.NewServer(http.HandlerFunc(r.take))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) take(w http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return // whoever sent it was killed
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.hook.Verify(body, request.Header); err != nil {
		r.t.Errorf("a message is not verified: %v", err)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	var m struct {
		Type string
		Data struct{ Session struct{ ID string } }
	}
	if err := json.Unmarshal(body, &m); err != nil {
		r.t.Error(err)
	}
	event := hookEvent{m.Data.Session.ID, m.Type}
	if _, known := r.first[event]; known {
		r.copies++
	} else {
		r.first[event] = time.Now()
		if _, begun := r.first[hookEvent{event.session, "session.started"}]; !begun {
			r.t.Errorf("told of the end of %s before its start", event.session)
		}
	}
	w.WriteHeader(http.StatusNoContent)
}

// acks are when what was acknowledged.
type acks struct {
	mu sync.Mutex
	at map[hookEvent]time.Time
}

func (a *acks) note(session, kind string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.at[hookEvent{session, kind}] = time.Now()
}

func (a *acks) all() map[hookEvent]time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	all := map[hookEvent]time.Time{}
	for event, at := range a.at {
		all[event] = at
	}
	return all
}

// serviceCall sends a request with a service key; 0 when it was not answered.
func serviceCall(client *http.Client, n *node, key, method, path string, in, out any) int {
	body, _ := json.Marshal(in)
	request, err := http.NewRequest(method, "http://"+n.addr+"/api/v1/service/"+path, bytes.NewReader(body))
	if err != nil {
		return 0
	}
	if in != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	request.Header.Set("Authorization", "Bearer "+key)
	answer, err := client.Do(request)
	if err != nil {
		return 0
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || out != nil && answer.StatusCode < 300 && json.Unmarshal(text, out) != nil {
		return 0
	}
	return answer.StatusCode
}

// startAndEnd has sessions start and end, one after the other with a pause,
// until it is told to stop; what was acknowledged is noted.
func startAndEnd(client *http.Client, n *node, key, account string, pause time.Duration, stop <-chan struct{}, noted *acks) {
	for i := 0; ; i++ {
		select {
		case <-stop:
			return
		case <-time.After(pause):
		}
		var s answer
		status := serviceCall(client, n, key, "POST", "sessions", map[string]any{
			"account": map[string]string{"external_id": account, "name": account},
			"user":    map[string]string{"external_id": fmt.Sprint("u", i%5), "name": "Ada", "email": email, "role": "owner"},
		}, &s)
		if status != http.StatusCreated {
			time.Sleep(20 * time.Millisecond) // it is down
			continue
		}
		noted.note(s.Session.ID, "session.started")
		for {
			if status := serviceCall(client, n, key, "DELETE", "accounts/"+account+"/sessions/"+s.Session.ID, nil, nil); status == http.StatusNoContent {
				noted.note(s.Session.ID, "session.ended")
				break
			}
			select {
			case <-stop:
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	}
}

// TestWebhooksLoseNothing: whatever was acknowledged arrives, in order for each
// session, though the server is killed again and again.
func TestWebhooksLoseNothing(t *testing.T) {
	slow(t)
	t.Run("SQLite", func(t *testing.T) { webhooksLoseNothing(t) })
	t.Run("PostgreSQL", func(t *testing.T) { webhooksLoseNothing(t, onPostgres(startPostgres(t).URL("postgres"))...) })
}

func webhooksLoseNothing(t *testing.T, settings ...string) {
	r := newReceiver(t)
	n := startNode(t, append(settings, "--webhook-allow=127.0.0.1")...)
	var made struct{ Key, Secret string }
	check(t, json.Unmarshal([]byte(n.run(t, "service-keys", "create", "--name=backend", "--scope=sessions:write,accounts:write,webhooks:write", "--json")), &made))
	client := newHTTP(t)
	if status := serviceCall(client, n, made.Key, "POST", "webhooks", map[string]any{"url": r.URL, "events": []string{"session.started", "session.ended"}}, &made); status != 201 {
		t.Fatalf("making a webhook: %d", status)
	}
	var err error
	r.hook, err = standard.NewWebhook(made.Secret)
	check(t, err)

	time.Sleep(1500 * time.Millisecond) // until the node has seen that there is a webhook
	crowd := func(pause time.Duration, during func()) map[hookEvent]time.Time {
		noted, stop := &acks{at: map[hookEvent]time.Time{}}, make(chan struct{})
		var all sync.WaitGroup
		for i := range 4 {
			all.Go(func() { startAndEnd(client, n, made.Key, fmt.Sprint("account-", i), pause, stop, noted) })
		}
		during()
		close(stop)
		all.Wait()
		return noted.all()
	}
	calm := crowd(100*time.Millisecond, func() { time.Sleep(3 * time.Second) })
	arrived(t, r, calm)
	delays(t, r, calm)
	all := crowd(0, func() {
		for range *hookKills {
			time.Sleep(time.Duration(200+rand.IntN(800)) * time.Millisecond)
			n.kill()
			n.start(t)
		}
		time.Sleep(500 * time.Millisecond)
	})
	arrived(t, r, all)
	r.mu.Lock()
	defer r.mu.Unlock()
	t.Logf("%d acknowledged events arrived, %d of %d more than once, after %d kills", len(all), r.copies, len(r.first), *hookKills)
}

// arrived waits until the receiver was told of everything.
func arrived(t *testing.T, r *receiver, all map[hookEvent]time.Time) {
	t.Helper()
	missing := func() (n int) {
		r.mu.Lock()
		defer r.mu.Unlock()
		for event := range all {
			if _, known := r.first[event]; !known {
				n++
			}
		}
		return n
	}
	for deadline := time.Now().Add(2 * slowest); missing() > 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d acknowledged events did not arrive", missing(), len(all))
		}
	}
}

// delays says how long after their acknowledgement events had arrived.
func delays(t *testing.T, r *receiver, all map[hookEvent]time.Time) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	var took []time.Duration
	for event, at := range all {
		took = append(took, r.first[event].Sub(at))
	}
	slices.Sort(took)
	if len(took) == 0 {
		t.Fatal("nothing was acknowledged")
	}
	t.Logf("%s: of %d events half arrived within %s of their acknowledgement, 99 of 100 within %s, the last after %s", strings.TrimPrefix(t.Name(), "Test"),
		len(took), took[len(took)/2], took[len(took)*99/100], took[len(took)-1])
}
