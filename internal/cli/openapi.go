package cli

import "github.com/curfew-auth/curfew/internal/httpapi"

type openapiCommand struct {
	Format string `enum:"yaml,json" default:"yaml" help:"yaml or json."`
}

// Help is shown below the summary.
func (openapiCommand) Help() string {
	return `Prints the document that a server publishes at /openapi.yaml and /openapi.json, without starting one.

Examples:

    curfew openapi > openapi.yaml
    curfew openapi --format json`
}

// Run prints the document.
func (c *openapiCommand) Run(env *Env) error {
	document, json, err := httpapi.OpenAPI()
	if err != nil {
		return err
	}
	if c.Format == "json" {
		document = json
	}
	_, err = env.Stdout.Write(document)
	return err
}
