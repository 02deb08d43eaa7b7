import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.logs.Severity;
import io.opentelemetry.exporter.otlp.http.logs.OtlpHttpLogRecordExporter;
import io.opentelemetry.exporter.otlp.http.metrics.OtlpHttpMetricExporter;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.exporter.otlp.logs.OtlpGrpcLogRecordExporter;
import io.opentelemetry.exporter.otlp.metrics.OtlpGrpcMetricExporter;
import io.opentelemetry.exporter.otlp.trace.OtlpGrpcSpanExporter;
import io.opentelemetry.sdk.logs.SdkLoggerProvider;
import io.opentelemetry.sdk.logs.export.BatchLogRecordProcessor;
import io.opentelemetry.sdk.logs.export.LogRecordExporter;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.export.MetricExporter;
import io.opentelemetry.sdk.metrics.export.PeriodicMetricReader;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** Sends logs, a span and a metric through the official Java SDK, over HTTP and gRPC. A warning of the SDK ends it with 1. */
public class Send {
  static final List<String> WARNINGS = new CopyOnWriteArrayList<>();

  public static void main(String[] args) {
    Logger root = Logger.getLogger("");
    root.addHandler(new Handler() {
      @Override
      public void publish(LogRecord record) {
        if (record.getLevel().intValue() >= Level.WARNING.intValue()) {
          WARNINGS.add(record.getLoggerName() + ": " + record.getMessage());
        }
      }

      @Override
      public void flush() {}

      @Override
      public void close() {}
    });
    String otlp = System.getenv("OTLP");
    String grpc = System.getenv("GRPC");
    send(0, "http",
        OtlpHttpLogRecordExporter.builder().setEndpoint(otlp + "/v1/logs").setCompression("gzip").build(),
        OtlpHttpSpanExporter.builder().setEndpoint(otlp + "/v1/traces").setCompression("gzip").build(),
        OtlpHttpMetricExporter.builder().setEndpoint(otlp + "/v1/metrics").setCompression("gzip").build());
    send(1, "grpc",
        OtlpGrpcLogRecordExporter.builder().setEndpoint(grpc).setCompression("gzip").build(),
        OtlpGrpcSpanExporter.builder().setEndpoint(grpc).build(),
        OtlpGrpcMetricExporter.builder().setEndpoint(grpc).build());
    WARNINGS.forEach(System.err::println);
    System.exit(WARNINGS.isEmpty() ? 0 : 1);
  }

  static void send(int number, String transport, LogRecordExporter logs, SpanExporter spans, MetricExporter metrics) {
    SdkLoggerProvider loggers =
        SdkLoggerProvider.builder().addLogRecordProcessor(BatchLogRecordProcessor.builder(logs).build()).build();
    SdkTracerProvider tracers =
        SdkTracerProvider.builder().addSpanProcessor(BatchSpanProcessor.builder(spans).build()).build();
    SdkMeterProvider meters =
        SdkMeterProvider.builder().registerMetricReader(PeriodicMetricReader.create(metrics)).build();
    loggers.get("foreign").logRecordBuilder()
        .setEventName("InstantFunnel")
        .setSeverity(Severity.INFO)
        .setBody("InstantFunnel")
        .setAllAttributes(Attributes.builder()
            .put("newrelic.event.type", "InstantFunnel")
            .put("funnelStep", "landing")
            .put("serviceName", "java-" + transport)
            .put("cohort", "real")
            .put("eventId", String.format("%031xb", number))
            .put("journeyId", "00000000-0000-4000-8000-000000000001")
            .build())
        .emit();
    loggers.get("foreign").logRecordBuilder()
        .setBody("a log")
        .setAttribute(AttributeKey.stringArrayKey("list"), List.of("a", "b"))
        .emit();
    tracers.get("foreign").spanBuilder("work").startSpan().end();
    meters.get("foreign").counterBuilder("counter").build().add(1);
    loggers.shutdown().join(30, TimeUnit.SECONDS);
    tracers.shutdown().join(30, TimeUnit.SECONDS);
    meters.shutdown().join(30, TimeUnit.SECONDS);
  }
}
