import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.openfeature.contrib.providers.ofrep.OfrepProvider;
import dev.openfeature.contrib.providers.ofrep.OfrepProviderOptions;
import dev.openfeature.sdk.Client;
import dev.openfeature.sdk.ErrorCode;
import dev.openfeature.sdk.EvaluationContext;
import dev.openfeature.sdk.FlagEvaluationDetails;
import dev.openfeature.sdk.ImmutableContext;
import dev.openfeature.sdk.OpenFeatureAPI;
import dev.openfeature.sdk.Value;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Map;
import java.util.Objects;

/** OpenFeature's Java SDK with its OFREP provider: a line per check for the runner. */
public final class Check {
    private static final String KEY = System.getenv("READOUT_KEY");

    // Visitors whose assignment follows from the hash: one in every treatment, one in every control.
    private static final EvaluationContext TREATED = new ImmutableContext("u-6");
    private static final EvaluationContext CONTROL = new ImmutableContext("u-3");

    private interface Steps {
        void run() throws Exception;
    }

    private static void check(String name, Steps steps) {
        try {
            steps.run();
            System.out.println("passed\t" + name);
        } catch (Exception | AssertionError e) {
            StringWriter trace = new StringWriter();
            e.printStackTrace(new PrintWriter(trace));
            System.out.println("failed\t" + name + "\t" + trace.toString().replaceAll("[\\n\\t]+", " | "));
        }
    }

    private static Client client(String domain, String variable, String header, String value) throws Exception {
        OfrepProviderOptions options = OfrepProviderOptions.builder()
                .baseUrl(System.getenv(variable))
                .headers(ImmutableMap.of(header, ImmutableList.of(value)))
                .build();
        OpenFeatureAPI.getInstance().setProviderAndWait(domain, OfrepProvider.constructProvider(options));
        return OpenFeatureAPI.getInstance().getClient(domain);
    }

    private static void equal(Object got, Object want) {
        if (!Objects.equals(got, want)) {
            throw new AssertionError("got " + got + ", want " + want);
        }
    }

    private static void shown(FlagEvaluationDetails<?> got, Object value, String variant) {
        equal(got.getValue(), value);
        equal(got.getReason(), "SPLIT");
        equal(got.getVariant(), variant);
        equal(got.getErrorCode(), null);
    }

    private static void fallback(FlagEvaluationDetails<?> got, Object value, ErrorCode code) {
        equal(got.getValue(), value);
        equal(got.getReason(), "ERROR");
        equal(got.getErrorCode(), code);
    }

    public static void main(String[] arguments) throws Exception {
        Client c = client("main", "READOUT_URL", "Authorization", "Bearer " + KEY);
        Value none = Value.objectToValue(Map.of("plan", "none"));
        check("found", () -> {
            FlagEvaluationDetails<String> title = c.getStringDetails("checkout-title", "Hello", TREATED);
            shown(title, "Welcome back", "friendly");
            equal(title.getFlagMetadata().getString("experiment"), "checkout-title");
            equal(title.getFlagMetadata().getString("reason"), "assigned");
            shown(c.getBooleanDetails("new-nav", false, TREATED), true, "on");
            shown(c.getDoubleDetails("price", 1.0, TREATED), 9.5, "lower");
            Value offer = Value.objectToValue(Map.of("percent", 50, "text", "Hi there"));
            shown(c.getObjectDetails("offer", none, TREATED), offer, "half");
            Client byHeader = client("header", "READOUT_URL", "X-API-Key", KEY);
            shown(byHeader.getBooleanDetails("new-nav", false, TREATED), true, "on");
        });
        check("no payload", () -> {
            // This provider calls an answer without a value not found, and returns the default.
            fallback(c.getStringDetails("checkout-title", "Hello", CONTROL), "Hello", ErrorCode.FLAG_NOT_FOUND);
            fallback(c.getObjectDetails("offer", none, CONTROL), none, ErrorCode.FLAG_NOT_FOUND);
            shown(c.getBooleanDetails("new-nav", true, CONTROL), false, "control");
        });
        check("not shown", () ->
                fallback(c.getObjectDetails("premium", none, TREATED), none, ErrorCode.FLAG_NOT_FOUND));
        check("unknown", () ->
                fallback(c.getBooleanDetails("nobody", true, TREATED), true, ErrorCode.FLAG_NOT_FOUND));
        check("no id", () -> {
            fallback(c.getBooleanDetails("new-nav", true), true, ErrorCode.INVALID_CONTEXT);
            EvaluationContext anonymous = new ImmutableContext(Map.of("plan", new Value("premium")));
            fallback(c.getBooleanDetails("new-nav", true, anonymous), true, ErrorCode.INVALID_CONTEXT);
        });
        check("context", () -> {
            EvaluationContext premium = new ImmutableContext("u-6", Map.of(
                    "plan", new Value("premium"), "url", new Value("https://shop.example/"), "device", new Value("mobile")));
            Value answer = Value.objectToValue(Map.of("plan", "premium"));
            shown(c.getObjectDetails("premium", none, premium), answer, "on");
            fallback(c.getObjectDetails("premium", none, TREATED), none, ErrorCode.FLAG_NOT_FOUND);
            shown(c.getDoubleDetails("price", 1.0, CONTROL), 10.5, "control");
        });
        check("wrong key", () -> {
            Client wrong = client("wrong", "READOUT_URL", "Authorization", "Bearer " + KEY + "x");
            FlagEvaluationDetails<Boolean> got = wrong.getBooleanDetails("new-nav", false, TREATED);
            fallback(got, false, ErrorCode.GENERAL);
            equal(got.getErrorMessage(), "authentication/authorization error for flag: new-nav");
        });
        check("429", () -> {
            Client limited = client("limited", "READOUT_LIMITED_URL", "Authorization", "Bearer " + KEY);
            shown(limited.getBooleanDetails("new-nav", false, TREATED), true, "on");
            for (String message : new String[] {"Rate limit exceeded for flag: new-nav, retry after", "Please wait"}) {
                FlagEvaluationDetails<Boolean> got = limited.getBooleanDetails("new-nav", false, TREATED);
                fallback(got, false, ErrorCode.GENERAL);
                if (!got.getErrorMessage().contains(message)) {
                    throw new AssertionError("got " + got.getErrorMessage() + ", want " + message);
                }
            }
        });
        OpenFeatureAPI.getInstance().shutdown();
    }
}
