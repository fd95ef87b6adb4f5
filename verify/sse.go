package verify

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// serverEvent is one of a stream's (WHATWG HTML, section 9.2.6). An event
// without a name is called "message" there and "" here.
type serverEvent struct {
	name string
	data []byte
	id   string // "" if it brings none
}

// maxEvent bounds a line, and an event's data.
const maxEvent = 1 << 20

var errTooLong = errors.New("an event of the feed is too long")

// eventReader reads a stream of server-sent events.
type eventReader struct {
	lines *bufio.Scanner
	data  []byte
}

func newEventReader(from io.Reader) *eventReader {
	lines := bufio.NewScanner(from)
	lines.Buffer(make([]byte, 0, 4<<10), maxEvent)
	return &eventReader{lines: lines}
}

// next is the next event that has data or an id. Its data is good until the next
// call. An event that the stream's end cuts short is not one.
func (r *eventReader) next() (serverEvent, error) {
	var e serverEvent
	r.data = r.data[:0]
	some := false
	for r.lines.Scan() {
		line := r.lines.Bytes()
		if len(line) == 0 {
			if some {
				e.data = bytes.TrimSuffix(r.data, []byte("\n"))
				return e, nil
			}
			e = serverEvent{}
			continue
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimPrefix(value, []byte(" "))
		switch string(name) {
		case "event":
			e.name = string(value)
			// What follows may be long, and is asked for in another way.
			if e.name == eventSnapshot {
				return e, nil
			}
		case "data":
			if len(r.data)+len(value) > maxEvent {
				return serverEvent{}, errTooLong
			}
			r.data = append(append(r.data, value...), '\n')
			some = true
		case "id":
			if !bytes.ContainsRune(value, 0) && len(value) <= maxCursor {
				e.id, some = string(value), true
			}
		}
	}
	switch err := r.lines.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return serverEvent{}, errTooLong
	case err != nil:
		return serverEvent{}, err
	}
	return serverEvent{}, io.EOF
}
