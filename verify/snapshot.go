package verify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// maxSnapshot bounds a snapshot: some millions of entries.
const maxSnapshot = 1 << 30

// takeSnapshot fetches all that is in force and adds it to what is known.
func (v *Verifier) takeSnapshot(ctx context.Context) error {
	ctx, cut := context.WithCancelCause(ctx)
	defer cut(nil)
	watchdog := time.AfterFunc(silence, func() { cut(errSilent) })
	defer watchdog.Stop()
	header := v.feedHeader()
	header.Set("Accept", "application/json")
	answer, err := v.feed(ctx, "snapshot", nil, header)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	got, err := readSnapshot(io.LimitReader(&watched{answer.Body, watchdog}, maxSnapshot), v.revocations.add)
	if errors.Is(err, errEntry) {
		return err
	} else if err != nil {
		return v.trouble(0, "sent a snapshot that cannot be used: %s", snapshotFault(ctx, err))
	}
	v.clock.start(got.ServerTime.UnixMicro(), v.clock.read())
	v.applied(got.Cursor)
	return nil
}

func snapshotFault(ctx context.Context, err error) string {
	if context.Cause(ctx) != nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return "it breaks off"
	}
	return jsonFault(err)
}

// snapshotHead is a snapshot without its entries.
type snapshotHead struct {
	Cursor     string
	ServerTime time.Time
}

var errSnapshot = errors.New("not a snapshot")

// readSnapshot reads a snapshot entry by entry, since it may be long. Entries are
// taken as they come: facts, whether or not the rest arrives.
func readSnapshot(from io.Reader, add func(*entry)) (got snapshotHead, err error) {
	d := json.NewDecoder(from)
	if err := expect(d, '{'); err != nil {
		return got, err
	}
	var has struct{ cursor, time, entries bool }
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return got, err
		}
		switch name {
		case "cursor":
			err, has.cursor = d.Decode(&got.Cursor), true
		case "server_time":
			err, has.time = d.Decode(&got.ServerTime), true
		case "entries":
			err, has.entries = readEntries(d, add), true
		default:
			err = d.Decode(new(json.RawMessage))
		}
		if err != nil {
			return got, err
		}
	}
	if err := expect(d, '}'); err != nil {
		return got, err
	}
	if !has.cursor || !has.time || !has.entries || got.Cursor == "" || len(got.Cursor) > maxCursor {
		return got, errSnapshot
	}
	return got, nil
}

func readEntries(d *json.Decoder, add func(*entry)) error {
	if err := expect(d, '['); err != nil {
		return err
	}
	for d.More() {
		var e entry
		if err := d.Decode(&e); err != nil {
			if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
				return err
			}
			return fmt.Errorf("%w (%s)", errEntry, jsonFault(err))
		}
		if err := e.check(); err != nil {
			return err
		}
		add(&e)
	}
	return expect(d, ']')
}

func expect(d *json.Decoder, delimiter json.Delim) error {
	token, err := d.Token()
	if err == nil && token != delimiter {
		err = errSnapshot
	}
	return err
}
