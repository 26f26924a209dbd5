/** Uncaught exceptions of the shop's Android app. The first scenario is the benchmark's reference. */
import { atLines, LOOPER_FRAMES, type Scenario } from './scenario.ts';

const javaCrash = (scene: string, thread: string, report: string): Scenario => ({
  kind: 'crash',
  platform: 'android',
  format: 'java-stack',
  process: 'com.example.shop',
  thread,
  scene,
  report,
});

/** Three exceptions deep, on the main thread: 2 KB with its envelope. */
const CHECKOUT = javaCrash(
  'checkout',
  'main',
  `java.lang.IllegalStateException: Order {{order}} cannot be placed: payment is not ready
${atLines([
  'com.example.shop.checkout.OrderService.place(OrderService.kt:142)',
  'com.example.shop.checkout.CheckoutViewModel.submit(CheckoutViewModel.kt:88)',
  'com.example.shop.checkout.CheckoutFragment.onPlaceOrder(CheckoutFragment.kt:211)',
  'com.example.shop.checkout.CheckoutFragment$$ExternalSyntheticLambda3.onClick(D8$$SyntheticClass:0)',
  'android.view.View.performClick(View.java:7659)',
  'android.view.View$PerformClick.run(View.java:30236)',
  ...LOOPER_FRAMES,
])}
Caused by: java.io.IOException: unexpected end of stream on payments.shop.example/...
${atLines([
  'com.example.shop.net.FrameReader.readHeader(FrameReader.java:61)',
  'com.example.shop.net.HttpConnection.exchange(HttpConnection.java:173)',
  'com.example.shop.payment.PaymentGateway.authorize(PaymentGateway.kt:57)',
  'com.example.shop.checkout.OrderService.place(OrderService.kt:137)',
])}
	... 13 more
Caused by: java.net.SocketTimeoutException: timeout
${atLines([
  'java.net.SocketInputStream.read(SocketInputStream.java:188)',
  'com.example.shop.net.FrameReader.readHeader(FrameReader.java:58)',
])}
	... 16 more
`,
);

const NULL_BASKET = javaCrash(
  'basket',
  'main',
  `java.lang.NullPointerException: Attempt to invoke virtual method 'int com.example.shop.basket.Basket.size()' on a null object reference
${atLines([
  'com.example.shop.basket.BasketBadge.refresh(BasketBadge.kt:34)',
  'com.example.shop.home.HomeActivity.onBasketChanged(HomeActivity.kt:197)',
  'com.example.shop.home.HomeActivity.access$onBasketChanged(HomeActivity.kt:41)',
  'com.example.shop.home.HomeActivity$observeBasket$1.invoke(HomeActivity.kt:120)',
  'androidx.lifecycle.LiveData.considerNotify(LiveData.java:133)',
  'androidx.lifecycle.LiveData.dispatchingValue(LiveData.java:151)',
  'androidx.lifecycle.LiveData.setValue(LiveData.java:309)',
  'androidx.lifecycle.LiveData$1.run(LiveData.java:93)',
  ...LOOPER_FRAMES,
])}
`,
);

const START_FAILS = javaCrash(
  'start',
  'main',
  `java.lang.RuntimeException: Unable to start activity ComponentInfo{com.example.shop/com.example.shop.product.ProductActivity}: java.lang.IllegalArgumentException: product id is missing
${atLines([
  'android.app.ActivityThread.performLaunchActivity(ActivityThread.java:3782)',
  'android.app.ActivityThread.handleLaunchActivity(ActivityThread.java:3922)',
  'android.app.servertransaction.TransactionExecutor.execute(TransactionExecutor.java:139)',
  ...LOOPER_FRAMES.slice(1),
])}
Caused by: java.lang.IllegalArgumentException: product id is missing
${atLines([
  'com.example.shop.product.ProductArguments.from(ProductArguments.kt:22)',
  'com.example.shop.product.ProductActivity.onCreate(ProductActivity.kt:63)',
  'android.app.Activity.performCreate(Activity.java:8595)',
  'android.app.Instrumentation.callActivityOnCreate(Instrumentation.java:1456)',
  'android.app.ActivityThread.performLaunchActivity(ActivityThread.java:3764)',
])}
	... 9 more
`,
);

const IMAGE_MEMORY = javaCrash(
  'search',
  'image-loader-2',
  `java.lang.OutOfMemoryError: Failed to allocate a 33177616 byte allocation with 8388608 free bytes and 12MB until OOM
${atLines([
  'android.graphics.BitmapFactory.nativeDecodeStream(Native Method)',
  'android.graphics.BitmapFactory.decodeStream(BitmapFactory.java:799)',
  'com.example.shop.image.BitmapDecoder.decode(BitmapDecoder.java:118)',
  'com.example.shop.image.ImagePipeline.load(ImagePipeline.java:77)',
  'com.example.shop.image.ImagePipeline$Job.run(ImagePipeline.java:140)',
  'java.util.concurrent.ThreadPoolExecutor.runWorker(ThreadPoolExecutor.java:1145)',
  'java.util.concurrent.ThreadPoolExecutor$Worker.run(ThreadPoolExecutor.java:644)',
  'java.lang.Thread.run(Thread.java:1012)',
])}
	Suppressed: java.io.IOException: cache entry {{order}} is half written
${atLines([
  'com.example.shop.image.DiskCache.close(DiskCache.java:92)',
  'com.example.shop.image.ImagePipeline.load(ImagePipeline.java:81)',
]).replaceAll('\t', '\t\t')}
		... 4 more
`,
);

/** The benchmark's reference event is made from this one. */
export const REFERENCE_CRASH: Scenario = CHECKOUT;

/** All of them. */
export const ANDROID_JAVA: readonly Scenario[] = [CHECKOUT, NULL_BASKET, START_FAILS, IMAGE_MEMORY];
