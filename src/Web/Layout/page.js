// What the page needs of the browser itself.

// Says that the page can be used, and in which zone its reader is.
export function begin() {
  document.body.dataset.ready = '';
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

export const copy = text => Promise.resolve().then(() => navigator.clipboard.writeText(text)).then(() => true, () => false);

const modal = document.getElementById('components-reconnect-modal');

// Asks for the page until it is there again: what was here is gone with the host's memory of it.
async function comeBack() {
  for (;;) {
    if (document.querySelector('[data-closed]'))
      return;
    try {
      await fetch(location.href, { method: 'HEAD', cache: 'no-store' });
      return location.reload();
    } catch {
      await new Promise(resolve => setTimeout(resolve, 2000));
    }
  }
}

modal?.addEventListener('components-reconnect-state-changed', event => {
  const state = event.detail.state;
  if (state === 'show') {
    document.getElementById('stale-since').textContent = new Date().toLocaleTimeString();
    document.body.dataset.stale = '';
    delete document.body.dataset.ready;
  } else if (state === 'hide') {
    delete document.body.dataset.stale;
    document.body.dataset.ready = '';
  } else if (state === 'failed' || state === 'rejected' || state === 'resume-failed') {
    comeBack();
  }
});

export const showDialog = dialog => dialog.open || dialog.showModal();
export const closeDialog = dialog => dialog.close();
