// Command send sends 1,000 events of 250 journeys to the endpoint that it is given, and prints how many values were
// dropped.
package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"log"
	"os"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp"
	sdk "go.opentelemetry.io/otel/sdk/log"

	"example.com/funnel/shopfunnel"
)

func main() {
	ctx := context.Background()
	exporter, err := otlploghttp.New(ctx, otlploghttp.WithEndpointURL(os.Args[1]))
	if err != nil {
		log.Fatal(err)
	}
	provider := sdk.NewLoggerProvider(sdk.WithProcessor(sdk.NewBatchProcessor(exporter)))
	dropped := 0
	onDrop := func(key, rule string) {
		if key != "country" {
			log.Fatal(key, " ", rule)
		}
		dropped++
	}
	options := shopfunnel.Options{ServiceName: "go-shop", OnDrop: onDrop}
	recorder, err := shopfunnel.NewRecorder(provider.Logger("shop"), options)
	if err != nil {
		log.Fatal(err)
	}
	for number := range int64(250) {
		journey := shopfunnel.Journey{
			ID:          uuid(),
			StartMillis: time.Now().UnixMilli() - 60_000,
			EntryActor:  "human_dashboard",
		}
		visit := shopfunnel.Visit{Channel: "ads", Country: "NL"}
		if number%10 == 0 {
			visit.Country = "jane@example.com"
		}
		visit.Journey = &journey
		recorder.Record(ctx, visit)
		signup := shopfunnel.Signup{}
		signup.Journey, signup.Env = &journey, "production"
		recorder.Record(ctx, signup)
		activate := shopfunnel.NewActivate(shopfunnel.PlanTrial)
		activate.Journey = &journey
		recorder.Record(ctx, activate)
		recorder.Record(ctx, shopfunnel.NewSubscribe(shopfunnel.PlanPro, number, journey))
	}
	if err := provider.Shutdown(ctx); err != nil {
		log.Fatal(err)
	}
	fmt.Println(dropped)
}

// A UUID of version 4.
func uuid() string {
	var id [16]byte
	_, _ = rand.Read(id[:])
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])
}
