<?php
/**
 * What the chat in the browser needs to know once it is opened.
 *
 * @package Chatello
 */

namespace Chatello;

final class ChatConfig {
	const MODEL = 'chatello-fast';

	public static function make(): array {
		$settings = State::assistant();
		return array(
			'name'         => Assistant::name(),
			'greeting'     => '' === $settings['greeting'] ? ChatStrings::all()['defaultGreeting'] : $settings['greeting'],
			'questions'    => $settings['questions'],
			'voice'        => $settings['voice'],
			'transcribes'  => 'api' === Assistant::source(),
			'speech'       => 'api' === Assistant::source() ? array( 'model' => Speech::model(), 'voice' => Speech::VOICE ) : null,
			'retention'    => $settings['retention'],
			'contact'      => array( 'email' => $settings['contact_email'], 'url' => $settings['contact_url'] ),
			// Visitors may not name models: the owner's choice of one is asked for by this site.
			'api_url'      => 'api' === Assistant::source() && self::MODEL === Assistant::model() ? ApiClient::base_url() : '',
			'model'        => self::MODEL,
			'tools'        => Assistant::tools(),
			'currency'     => Catalog::has_shop() ? array( html_entity_decode( get_woocommerce_currency_symbol(), ENT_QUOTES, 'UTF-8' ), get_woocommerce_currency() ) : array(),
			'cart_url'     => Catalog::has_shop() && function_exists( 'wc_get_cart_url' ) ? wc_get_cart_url() : '',
			'store_api'    => Catalog::has_shop() ? rest_url( 'wc/store/v1' ) : '',
			'strings'      => ChatStrings::all(),
		);
	}
}
