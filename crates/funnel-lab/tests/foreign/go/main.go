// Sends through the official Go SDK, then asks through New Relic's own Go client, its NerdGraph address pointed at the lab.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"reflect"

	"github.com/newrelic/newrelic-client-go/v2/newrelic"
	"github.com/newrelic/newrelic-client-go/v2/pkg/nrdb"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp"
	otellog "go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"
)

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func equal(what string, got, want any) {
	if !reflect.DeepEqual(got, want) {
		log.Fatalf("%s: got %#v, want %#v", what, got, want)
	}
}

func send(ctx context.Context) {
	exporter, err := otlploghttp.New(ctx,
		otlploghttp.WithEndpointURL(os.Getenv("OTLP")+"/v1/logs"),
		otlploghttp.WithCompression(otlploghttp.GzipCompression))
	must(err)
	provider := sdklog.NewLoggerProvider(sdklog.WithProcessor(sdklog.NewBatchProcessor(exporter)))
	logger := provider.Logger("foreign")
	steps := []string{"landing", "landing", "landing", "provision", "provision", "claim"}
	journeys := []int{1, 2, 3, 1, 2, 1}
	for at, step := range steps {
		var record otellog.Record
		record.SetEventName("InstantFunnel")
		record.AddAttributes(
			attribute.String("newrelic.event.type", "InstantFunnel"),
			attribute.String("funnelStep", step),
			attribute.String("serviceName", "go"),
			attribute.String("cohort", "real"),
			attribute.String("eventId", fmt.Sprintf("%031xf", at)),
			attribute.String("journeyId", fmt.Sprintf("00000000-0000-4000-8000-%012x", journeys[at])),
		)
		logger.Emit(ctx, record)
	}
	must(provider.Shutdown(ctx))
}

func main() {
	ctx := context.Background()
	send(ctx)
	client, err := newrelic.New(
		newrelic.ConfigPersonalAPIKey("not-a-key"),
		newrelic.ConfigNerdGraphBaseURL(os.Getenv("PAGE")+"graphql"))
	must(err)
	ask := func(query string) *nrdb.NRDBResultContainer {
		answer, err := client.Nrdb.Query(1, nrdb.NRQL(query))
		must(err)
		return answer
	}

	plain := ask("SELECT count(*) FROM InstantFunnel")
	equal("count", plain.Results[0]["count"], 6.0)
	equal("event types", plain.Metadata.EventTypes, []string{"InstantFunnel"})

	facets := ask("SELECT count(*) FROM InstantFunnel FACET funnelStep")
	equal("facets", len(facets.Results), 3)
	equal("first facet", facets.Results[0]["facet"], "landing")
	equal("its count", facets.Results[0]["count"], 3.0)
	equal("facet names", facets.Metadata.Facets, []string{"funnelStep"})
	equal("total", facets.TotalResult["count"], 6.0)

	series := ask("SELECT count(*) FROM InstantFunnel TIMESERIES 5 minutes SINCE 30 minutes ago")
	sum := 0.0
	for _, bucket := range series.Results {
		sum += bucket["count"].(float64)
	}
	equal("windows", len(series.Results), 6)
	equal("sum of the windows", sum, 6.0)

	query := "FROM InstantFunnel SELECT funnel(journeyId, WHERE funnelStep = 'landing', " +
		"WHERE funnelStep = 'provision', WHERE funnelStep = 'claim')"
	funnel, err := client.Nrdb.QueryWithExtendedResponse(1, nrdb.NRQL(query))
	must(err)
	raw := funnel.RawResponse["results"].([]any)[0].(map[string]any)
	equal("funnel", raw["steps"], []any{3.0, 2.0, 1.0})

	_, err = client.Nrdb.Query(1, "SELECT count(*) FORM InstantFunnel")
	if err == nil {
		log.Fatal("a fault in a query is no error of the client")
	}
	fmt.Println("the client says:", err)
}
