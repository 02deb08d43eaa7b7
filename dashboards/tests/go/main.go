// Holds the files of dashboards/newrelic to New Relic's own types and to the real parser of HCL.
//
//	validate dashboard FILE…   each decodes strictly into the client's DashboardInput
//	validate hcl FILE…         each parses; prints its blocks as JSON
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/newrelic/newrelic-client-go/v2/pkg/dashboards"
)

// Block is a block of HCL with the names of what is in it.
type Block struct {
	Type       string   `json:"type"`
	Labels     []string `json:"labels"`
	Attributes []string `json:"attributes"`
	Blocks     []Block  `json:"blocks"`
}

func fail(format string, values ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", values...)
	os.Exit(1)
}

func dashboard(file string) {
	text, err := os.ReadFile(file)
	if err != nil {
		fail("%v", err)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	var input dashboards.DashboardInput
	if err := decoder.Decode(&input); err != nil {
		fail("%s: %v", file, err)
	}
	widgets := 0
	for _, page := range input.Pages {
		for _, widget := range page.Widgets {
			if widget.Visualization.ID == "" || len(widget.RawConfiguration) == 0 {
				fail("%s: the widget %q has no visualization or no configuration", file, widget.Title)
			}
			widgets++
		}
	}
	fmt.Printf("%s: %d pages, %d widgets\n", file, len(input.Pages), widgets)
}

func blocks(body *hclsyntax.Body) []Block {
	out := []Block{}
	for _, block := range body.Blocks {
		one := Block{Type: block.Type, Labels: block.Labels, Attributes: []string{}, Blocks: blocks(block.Body)}
		for name := range block.Body.Attributes {
			one.Attributes = append(one.Attributes, name)
		}
		out = append(out, one)
	}
	return out
}

func parse(file string) {
	parsed, diagnostics := hclparse.NewParser().ParseHCLFile(file)
	if diagnostics.HasErrors() {
		fail("%s: %s", file, diagnostics.Error())
	}
	body, ok := parsed.Body.(*hclsyntax.Body)
	if !ok {
		fail("%s: %v", file, hcl.Diagnostics{})
	}
	if err := json.NewEncoder(os.Stdout).Encode(blocks(body)); err != nil {
		fail("%v", err)
	}
}

func main() {
	if len(os.Args) < 3 {
		fail("validate dashboard|hcl FILE…")
	}
	for _, file := range os.Args[2:] {
		switch os.Args[1] {
		case "dashboard":
			dashboard(file)
		case "hcl":
			parse(file)
		default:
			fail("dashboard or hcl, and not %s", os.Args[1])
		}
	}
}
