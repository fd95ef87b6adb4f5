// Package config turns what an operator wrote into what the program runs on.
//
// [Settings] is what was written. A command embeds it, or [StoreSettings] when
// it needs the store alone, and kong fills it: a flag goes before the
// environment, the environment before the settings file, and the file before
// the default.
//
//	var cli struct {
//		Serve struct{ config.Settings } `cmd:""`
//		User  struct {
//			List struct{ config.StoreSettings } `cmd:""`
//		} `cmd:""`
//	}
//	parser, err := kong.New(&cli, config.Environ(os.Environ()))
//	...
//	cfg, err := cli.Serve.Config()
//
// [Config] and [Store] are what it means: judged, complete, and in the types
// the rest of the program uses. A setting that is wrong, contradicts another
// one or is unknown gives an error that is one sentence: what is wrong, where
// it was written, and how to mend it. No error holds a secret.
package config
