package faults

import (
	"bytes"
	"database/sql"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// Where things are in a WAL file (https://www.sqlite.org/walformat.html).
const (
	walHeader   = 32
	frameHeader = 24
)

// wal is a WAL file and the database that it belongs to, as they were found.
type wal struct {
	base, log []byte
	page      int
}

// frame is how long a frame is.
func (w wal) frame() int { return frameHeader + w.page }

// frames is how many frames there are.
func (w wal) frames() int { return (len(w.log) - walHeader) / w.frame() }

// restored is the database that the first so many bytes of the log make, by
// what the format says: every page as the last whole commit left it.
func (w wal) restored(cut int) []byte {
	db := bytes.Clone(w.base)
	pages := map[uint32][]byte{}
	for at := walHeader; at+w.frame() <= cut; at += w.frame() {
		head, content := w.log[at:at+frameHeader], w.log[at+frameHeader:at+w.frame()]
		pages[binary.BigEndian.Uint32(head)] = content
		size := int(binary.BigEndian.Uint32(head[4:])) * w.page // of the database after a commit, 0 for none
		if size == 0 {
			continue
		}
		if len(db) < size {
			db = append(db, make([]byte, size-len(db))...)
		}
		for number, content := range pages {
			copy(db[int(number-1)*w.page:], content)
		}
		db = db[:size]
		clear(pages)
	}
	return db
}

// acknowledged is what a client was told when the log was so long.
type acknowledged struct {
	length     int
	session    string
	generation int // 0 for an ending
	token      string
}

// The log of a node is cut after each frame and in the middle of each, as a
// loss of power may leave it: what is left opens, and holds every commit whose
// frames are all there, so that only what was cut is lost.
func TestLogIsCut(t *testing.T) {
	slow(t)
	n := startNode(t)
	l := newLoad(t, n)
	if got := l.owner.refresh(n); got.status != 200 {
		t.Fatal(got)
	}
	victim := l.mustSignIn()
	n.terminate(t) // which leaves no log
	n.start(t)
	told := l.walkAndTell(t, victim)

	n.signal(t, syscall.SIGSTOP)
	w := wal{base: mustRead(t, n.database()), log: mustRead(t, n.database()+"-wal")}
	n.signal(t, syscall.SIGCONT)
	w.page = int(binary.BigEndian.Uint32(w.log[8:]))
	w.log = w.log[:walHeader+w.frames()*w.frame()]
	if w.frames() >= 1000 {
		t.Fatalf("with %d frames a part of them may be in the database already", w.frames())
	}
	if w.frames() < 25 || len(told) < 20 {
		t.Fatalf("%d frames and %d answers prove nothing", w.frames(), len(told))
	}
	t.Logf("%d frames, %d answers", w.frames(), len(told))

	goesOnAfter(t, w, told)
	dir := t.TempDir()
	for i := range w.frames() + 1 {
		whole := walHeader + i*w.frame()
		for name, cut := range map[string]struct{ length, zeros int }{
			"after":                       {whole, 0},
			"in the head of the next":     {whole + frameHeader/2, 0},
			"in the page of the next":     {whole + frameHeader + w.page/2, 0},
			"in the next, and then zeros": {whole + frameHeader + w.page/2, w.page / 2},
		} {
			if cut.length > len(w.log) || name != "after" && (i+len(name))%3 != 0 { // each kind at every third frame
				continue
			}
			log := append(bytes.Clone(w.log[:cut.length]), make([]byte, cut.zeros)...)
			w.judge(t, dir, fmt.Sprintf("cut %s frame %d", name, i), log, cut.length, told)
		}
	}
}

// walkAndTell lets a few clients refresh, and an owner end a session, and notes
// how long the log was when each was answered.
func (l *load) walkAndTell(t *testing.T, victim *client) (told []acknowledged) {
	t.Helper()
	n := l.nodes[0]
	var mu sync.Mutex
	tell := func(a acknowledged) {
		info, err := os.Stat(n.database() + "-wal")
		if err != nil {
			t.Error(err)
			return
		}
		a.length = int(info.Size())
		mu.Lock()
		defer mu.Unlock()
		told = append(told, a)
	}
	var crowd sync.WaitGroup
	for _, c := range l.all[1:4] {
		crowd.Go(func() {
			for range 15 {
				got := c.refresh(n)
				if got.status != 200 {
					t.Error(got)
					return
				}
				tell(acknowledged{session: c.session, generation: got.generation, token: got.token})
			}
		})
	}
	crowd.Go(func() {
		c, _ := l.send(n, "DELETE", "/api/v1/accounts/me/sessions/"+victim.session, l.bearer, nil)
		if c.status != 204 {
			t.Error(c)
		}
		tell(acknowledged{session: victim.session})
	})
	crowd.Wait()
	return told
}

// judge opens a database with a log that was cut.
func (w wal) judge(t *testing.T, dir, name string, log []byte, cut int, told []acknowledged) {
	t.Helper()
	path := filepath.Join(dir, "curfew.db")
	check(t, os.WriteFile(path, w.base, 0o600))
	check(t, os.WriteFile(path+"-wal", log, 0o600))
	_ = os.Remove(path + "-shm")
	db, err := sql.Open("sqlite", "file:"+path)
	check(t, err)
	db.SetMaxOpenConns(1)
	defer func() { check(t, db.Close()) }()
	var verdict string
	if err := db.QueryRow("PRAGMA integrity_check").Scan(&verdict); err != nil || verdict != "ok" {
		t.Fatalf("%s: %q, %v", name, verdict, err)
	}
	have := generations(t, db)
	for _, a := range told {
		got, there := have[strings.ReplaceAll(a.session, "-", "")]
		if a.length <= cut && (!there || a.generation > got.generation || a.generation == 0 && !got.over) {
			t.Errorf("%s: what was answered when the log had %d bytes is lost at %d: %+v, found %+v", name, a.length, cut, a, got)
		}
	}
	if _, err := db.Exec("PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if got, want := mustRead(t, path), w.restored(cut); !bytes.Equal(got, want) {
		t.Errorf("%s: the database is not what the whole commits make of it", name)
	}
}

// kept is what a database says of a session.
type kept struct {
	generation int
	over       bool
}

func generations(t *testing.T, db *sql.DB) map[string]kept {
	t.Helper()
	rows, err := db.Query("SELECT lower(hex(id)), generation, revoked_at IS NOT NULL FROM sessions")
	check(t, err)
	defer rows.Close()
	all := map[string]kept{}
	for rows.Next() {
		var id string
		var k kept
		check(t, rows.Scan(&id, &k.generation, &k.over))
		all[id] = k
	}
	check(t, rows.Err())
	return all
}

// goesOnAfter starts a node on what is left by a cut in the middle: whoever was
// answered before goes on, and the audit log holds.
func goesOnAfter(t *testing.T, w wal, told []acknowledged) {
	t.Helper()
	cut := walHeader + w.frames()/2*w.frame() + w.frame()/2
	latest := map[string]acknowledged{}
	for _, a := range told {
		if a.length <= cut && a.generation > latest[a.session].generation {
			latest[a.session] = a
		}
	}
	n := newNode(t)
	check(t, os.Mkdir(filepath.Dir(n.database()), 0o700))
	check(t, os.WriteFile(n.database(), w.base, 0o600))
	check(t, os.WriteFile(n.database()+"-wal", w.log[:cut], 0o600))
	n.start(t)
	if out := n.run(t, "audit", "verify"); strings.Count(out, " ok") != 2 {
		t.Errorf("the audit log does not verify:\n%s", out)
	}
	other := &load{t: t, nodes: []*node{n}, http: newHTTP(t)}
	for session, a := range latest {
		c := &client{load: other, session: session, token: a.token, attempt: a.generation - 1}
		if got := c.refresh(n); got.status != 200 || got.generation != a.generation+1 {
			t.Errorf("generation %d was answered before the cut: %v", a.generation, got)
		}
	}
	if len(latest) == 0 {
		t.Error("nobody was answered before the cut")
	}
}

func mustRead(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	check(t, err)
	return b
}
