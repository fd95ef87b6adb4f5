package cli

import (
	"context"
	"reflect"
	"slices"

	"github.com/alecthomas/kong"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/config"
	"github.com/curfew-auth/curfew/internal/server"
)

// storeFlags are the settings of every command that works on the data.
var storeFlags = func() (names []string) {
	for _, field := range reflect.VisibleFields(reflect.TypeFor[config.StoreSettings]()) {
		names = append(names, field.Tag.Get("name"))
	}
	return names
}()

// trim hides the settings of a command but those of the store and some more.
func trim(n *kong.Node, concerns []string) {
	for _, flag := range n.Flags {
		setting := flag.Target.Type() == reflect.TypeFor[config.Text]()
		if setting && !slices.Contains(storeFlags, flag.Name) && !slices.Contains(concerns, flag.Name) {
			flag.Hidden = true
		}
	}
}

// storeCommand is embedded in commands on data that must be there already.
type storeCommand struct {
	config.StoreSettings
}

// open opens the data and an authority over it. The caller closes it.
func (s storeCommand) open(ctx context.Context, env *Env) (*installation, error) {
	c, err := s.Store()
	if err != nil {
		return nil, usageError{err}
	}
	return open(ctx, config.Config{Store: c}, server.Access{Now: env.Now})
}

// installation is open data with an authority over it.
type installation struct {
	*authority.Authority
	data *server.Data
}

func open(ctx context.Context, c config.Config, access server.Access) (*installation, error) {
	data, err := server.OpenData(ctx, c.Store, access)
	if err != nil {
		return nil, err
	}
	a, err := data.Authority(c)
	if err != nil {
		data.DB.Close()
		return nil, err
	}
	return &installation{a, data}, nil
}

// close ends the use of the data. What was to be done is done by then, and was
// reported: an error here is of no use to anybody.
func (i *installation) close() { i.data.DB.Close() }
