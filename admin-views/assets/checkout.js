// Opens Paddle's checkout over this page. What the page says is shown when that cannot be.
(() => {
  const box = document.getElementById('checkout');
  const { token, environment, price, claim, locale } = box.dataset;
  let isPaid = false;

  function fail() {
    box.querySelector('[data-waiting]').hidden = true;
    box.querySelector('[data-failed]').hidden = false;
  }

  if (window.Paddle) {
    try {
      if (environment === 'sandbox') window.Paddle.Environment.set('sandbox');
      window.Paddle.Initialize({
        token,
        eventCallback({ name }) {
          if (name === 'checkout.completed') {
            isPaid = true;
            location.assign('/thanks');
          } else if (name === 'checkout.closed' && !isPaid) location.assign(box.dataset.back);
          else if (name === 'checkout.error') fail();
        },
      });
      window.Paddle.Checkout.open({
        items: [{ priceId: price, quantity: 1 }],
        customData: { chatello_claim: claim },
        settings: { displayMode: 'overlay', locale, theme: document.documentElement.dataset.bsTheme === 'dark' ? 'dark' : 'light', successUrl: `${location.origin}/thanks` },
      });
    } catch {
      fail();
    }
  } else fail();
})();
