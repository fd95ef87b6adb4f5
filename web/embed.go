// Package web holds the hosted pages as they were built, inside the program.
//
// The folder dist is made by `make web`, which needs Node. Without it the
// folder holds one empty file, which keeps it in the repository, and the
// program is whole but for its pages.
package web

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// Files are the built pages, with index.html and assets/ at the top; no more
// than .gitkeep when they were not built.
func Files() fs.FS {
	files, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // the name is a constant, and valid
	}
	return files
}
