package server

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		passes := 0
		l := &loop{every: time.Second, pass: func(context.Context) { passes++ }}
		l.Start()
		l.Start() // once is enough
		time.Sleep(3500 * time.Millisecond)
		synctest.Wait()
		l.Stop()
		l.Stop()
		if passes != 3 {
			t.Errorf("%d passes in three and a half seconds", passes)
		}
	})
}

func TestLoopStopWaitsForThePass(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ended := false
		l := &loop{every: time.Second, pass: func(ctx context.Context) {
			<-ctx.Done() // Stop ends it
			time.Sleep(time.Second)
			ended = true
		}}
		l.Start()
		time.Sleep(1500 * time.Millisecond)
		l.Stop()
		if !ended {
			t.Error("Stop returned before the pass did")
		}
	})
}

func TestLoopStopBeforeStart(t *testing.T) {
	l := &loop{every: time.Nanosecond, pass: func(context.Context) { t.Error("a pass") }}
	l.Stop()
	l.Start()
	l.Stop()
}
