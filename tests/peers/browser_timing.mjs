// A shopper's browser with a stopwatch: what a page costs it. Each page is opened in a fresh context, nothing cached.
// Words: what chromium.launch needs, as JSON.
import { chromium } from "playwright-core";
import { answering } from "./answering.mjs";

const browser = await chromium.launch(JSON.parse(process.argv[2]));

const FBEVENTS = "fbq.callMethod = () => {}; fbq.queue.splice(0);";

// Runs before any script of the page: long tasks (50 ms and more) and layout shifts, from the first one on.
function watch() {
  window.seen = { tasks: [], shift: 0 };
  const observe = (type, add) =>
    new PerformanceObserver((list) => list.getEntries().forEach(add)).observe({ type, buffered: true });
  observe("longtask", (entry) => window.seen.tasks.push(entry.duration));
  observe("layout-shift", (entry) => { if (!entry.hadRecentInput) window.seen.shift += entry.value; });
}

// Milliseconds since navigation began, or of work; sizes in bytes.
function read() {
  const [navigation] = performance.getEntriesByType("navigation");
  const [paint] = performance.getEntriesByName("first-contentful-paint");
  const blocking = performance.getEntriesByType("resource").filter((one) => one.renderBlockingStatus === "blocking");
  return {
    ready: navigation.domContentLoadedEventEnd,
    load: navigation.loadEventEnd,
    paint: paint ? paint.startTime : null,
    blocking: blocking.map((one) => one.name),
    ...window.seen,
  };
}

await answering({
  // `slower`: by how much the processor is held back, as of a cheap phone; `settle`: milliseconds after load.
  async time({ url, slower = 1, settle = 400 }) {
    const context = await browser.newContext({ viewport: { width: 390, height: 844 } });
    try {
      const page = await context.newPage();
      const asked = [];
      // Meta's own script is not what is timed here: one that does nothing stands for it.
      await context.route("https://connect.facebook.net/**", (route) => route.fulfill({ contentType: "text/javascript", body: FBEVENTS }));
      await context.route("https://www.facebook.com/**", (route) => route.fulfill({ status: 204 }));
      page.on("request", (request) => asked.push(request.url()));
      const inspector = await context.newCDPSession(page);
      await inspector.send("Emulation.setCPUThrottlingRate", { rate: slower });
      await inspector.send("Performance.enable");
      await page.addInitScript(watch);
      await page.goto(url, { waitUntil: "load" });
      await page.waitForTimeout(settle);
      const { metrics } = await inspector.send("Performance.getMetrics");
      const spent = Object.fromEntries(metrics.map(({ name, value }) => [name, value * 1_000]));
      return { ...(await page.evaluate(read)), script: spent.ScriptDuration, work: spent.TaskDuration, asked };
    } finally {
      await context.close();
    }
  },
});
