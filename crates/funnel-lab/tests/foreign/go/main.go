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
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploggrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	otellog "go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
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

// Three steps by HTTP and three by gRPC, with a span and a metric beside each.
func send(ctx context.Context) {
	otlp, grpc := os.Getenv("OTLP"), os.Getenv("GRPC")
	httpLogs, err := otlploghttp.New(ctx, otlploghttp.WithEndpointURL(otlp+"/v1/logs"),
		otlploghttp.WithCompression(otlploghttp.GzipCompression))
	must(err)
	httpTraces, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(otlp+"/v1/traces"))
	must(err)
	httpMetrics, err := otlpmetrichttp.New(ctx, otlpmetrichttp.WithEndpointURL(otlp+"/v1/metrics"))
	must(err)
	grpcLogs, err := otlploggrpc.New(ctx, otlploggrpc.WithEndpointURL(grpc), otlploggrpc.WithInsecure(),
		otlploggrpc.WithCompressor("gzip"))
	must(err)
	grpcTraces, err := otlptracegrpc.New(ctx, otlptracegrpc.WithEndpointURL(grpc), otlptracegrpc.WithInsecure())
	must(err)
	grpcMetrics, err := otlpmetricgrpc.New(ctx, otlpmetricgrpc.WithEndpointURL(grpc), otlpmetricgrpc.WithInsecure())
	must(err)
	transports := []struct {
		logs    sdklog.Exporter
		traces  sdktrace.SpanExporter
		metrics sdkmetric.Exporter
	}{{httpLogs, httpTraces, httpMetrics}, {grpcLogs, grpcTraces, grpcMetrics}}

	steps := []string{"landing", "landing", "landing", "provision", "provision", "claim"}
	journeys := []int{1, 2, 3, 1, 2, 1}
	for number, transport := range transports {
		loggers := sdklog.NewLoggerProvider(sdklog.WithProcessor(sdklog.NewBatchProcessor(transport.logs)))
		tracers := sdktrace.NewTracerProvider(sdktrace.WithBatcher(transport.traces))
		meters := sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewPeriodicReader(transport.metrics)))
		for at := number * 3; at < number*3+3; at++ {
			var record otellog.Record
			record.SetEventName("InstantFunnel")
			record.AddAttributes(
				attribute.String("newrelic.event.type", "InstantFunnel"),
				attribute.String("funnelStep", steps[at]),
				attribute.String("serviceName", "go"),
				attribute.String("cohort", "real"),
				attribute.String("eventId", fmt.Sprintf("%031xf", at)),
				attribute.String("journeyId", fmt.Sprintf("00000000-0000-4000-8000-%012x", journeys[at])),
			)
			loggers.Logger("foreign").Emit(ctx, record)
		}
		_, span := tracers.Tracer("foreign").Start(ctx, "work")
		span.End()
		counter, err := meters.Meter("foreign").Int64Counter("counter")
		must(err)
		counter.Add(ctx, 1)
		must(loggers.Shutdown(ctx))
		must(tracers.Shutdown(ctx))
		must(meters.Shutdown(ctx))
	}
}

func main() {
	ctx := context.Background()
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { log.Fatal("the SDK reports: ", err) }))
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
